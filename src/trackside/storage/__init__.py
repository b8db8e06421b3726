"""What is kept on disk: sessions in SQLite, settings in a readable file, keys in the keyring."""
