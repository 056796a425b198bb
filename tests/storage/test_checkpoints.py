"""Finished work is found again where all that it depends on is the same, the code that did it included."""

from model_development.storage import checkpoints as checkpoint


def key_now():
    checkpoint._code_fingerprint.cache_clear()
    return checkpoint.work_key(model="sklearn_random_forest")


def test_what_other_code_has_done_is_done_again_but_words_and_charts_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PACKAGE_FOLDER", tmp_path)
    keys = []
    for text in ("scores = 1", "scores = 2", '"""Words."""\n\nscores = 2  # and more of them'):
        (tmp_path / "shared.py").write_text(text)
        keys.append(key_now())
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "plots.py").write_text("color = 'red'")
    keys.append(key_now())
    checkpoint._code_fingerprint.cache_clear()
    assert keys[0] != keys[1] == keys[2] == keys[3]
