"""What `run.py` is made of; standard library only, since nothing is installed yet when it runs."""
