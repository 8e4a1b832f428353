"""Write the generated interface documents: docs/interface.md and docs/dictionary.json. Run it after a change of the dictionary."""

from pathlib import Path

from wire.export import dictionary_hash, export_json, export_markdown

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    (DOCS / "interface.md").write_text(export_markdown(), encoding="utf-8")
    (DOCS / "dictionary.json").write_text(export_json(), encoding="utf-8")
    print(f"docs/interface.md, docs/dictionary.json: dictionary {dictionary_hash()[:8]}")


if __name__ == "__main__":
    main()
