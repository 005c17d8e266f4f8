import subprocess

from lib.basics import machine
from lib.basics.machine import core_count, git_commit, package_versions, processor_name


def test_commit_says_whether_tracked_files_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() is None

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    git("init")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "code.py").write_text("1\n")
    (tmp_path / "page.md").write_text("a\n")
    git("add", ".")
    git("commit", "-m", "first")
    commit = git_commit()
    assert len(commit) == 40
    (tmp_path / "untracked.txt").write_text("x\n")
    assert git_commit() == commit
    (tmp_path / "page.md").write_text("b\n")
    assert git_commit() == f"{commit}+changes"
    assert git_commit("lib") == commit


def test_a_package_that_is_missing_has_no_version():
    versions = package_versions(["numpy", "no-such-package-anywhere"])
    assert versions["numpy"][0].isdigit()
    assert versions["no-such-package-anywhere"] is None


def test_the_machine_has_a_processor():
    assert processor_name()
    assert core_count() >= 1
