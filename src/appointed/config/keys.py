"""The installation's own keys: made at the first start, kept in the data directory."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

FILE_NAME = "keys.json"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """`secret` signs sessions; `encryption` (newest first) encrypts credentials at rest."""

    secret: str
    encryption: tuple[str, ...]


def load_or_make_keys(data_dir: Path) -> Keys:
    """Return the keys of this data directory; of many first starters one makes them."""
    path = data_dir / FILE_NAME
    if not path.exists():
        # a server that root starts runs as a system user, who has to pass through
        mode = 0o711 if os.geteuid() == 0 else 0o700
        data_dir.mkdir(mode=mode, parents=True, exist_ok=True)
        _write_once(path, Keys(secrets.token_urlsafe(50), (Fernet.generate_key().decode(),)))
    stored = json.loads(path.read_text())
    return Keys(stored["secret"], tuple(stored["encryption"]))


def _write_once(path: Path, keys: Keys) -> None:
    draft = _draft(path, keys)
    try:
        os.link(draft, path)  # fails where another starter was faster: then theirs count
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(path: Path, keys: Keys) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"secret": keys.secret, "encryption": list(keys.encryption)}, file)
        file.flush()
        os.fsync(file.fileno())
    return draft
