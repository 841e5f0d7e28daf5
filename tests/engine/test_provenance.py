"""What results are said to come from."""

import subprocess

from iltheory.engine import provenance


def test_the_commit_that_is_cited_says_if_files_differ_or_are_not_in_it(tmp_path, monkeypatch):
    def git(*words):
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True)

    module = tmp_path / "iltheory" / "engine" / "provenance.py"
    module.parent.mkdir(parents=True)
    module.write_text("")
    monkeypatch.setattr(provenance, "__file__", str(module))
    found = provenance.commit.__wrapped__
    assert found() is None
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "of somebody who installed it here")
    assert found() is None
    git("add", "iltheory")
    git("commit", "--quiet", "--message", "ours")
    (tmp_path / "notes.txt").write_text("")
    assert len(found()) == 40
    (tmp_path / "proofs_check").mkdir()
    (tmp_path / "proofs_check" / "Cheat.v").write_text("")
    assert found().endswith("+")
    (tmp_path / "proofs_check" / "Cheat.v").unlink()
    module.write_text("edited = True")
    assert found().endswith("+")
