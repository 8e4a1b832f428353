"""The sub-commands of `farside`, each imported when it is used."""
