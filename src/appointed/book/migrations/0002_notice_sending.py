from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("book", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="error",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="notice",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("kept", "Kept"),
                    ("failed", "Failed"),
                ],
                default="waiting",
                max_length=7,
            ),
        ),
    ]
