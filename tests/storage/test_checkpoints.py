"""Finished work is found again where all that it depends on is the same, the code that did it included."""

from model_development.storage import checkpoints as checkpoint


def test_what_other_code_has_done_is_not_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PACKAGE_FOLDER", tmp_path)
    keys = []
    for text in ("scores = 1", "scores = 2", "scores = 2"):
        (tmp_path / "shared.py").write_text(text)
        checkpoint._code_fingerprint.cache_clear()
        keys.append(checkpoint.work_key(model="sklearn_random_forest"))
    checkpoint._code_fingerprint.cache_clear()
    assert keys[0] != keys[1] == keys[2]
