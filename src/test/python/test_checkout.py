"""A checkout on Windows, where Git often converts line endings to CR LF."""

import subprocess

import stack


def test_line_endings_do_not_depend_on_the_users_settings(tmp_path):
    subprocess.run(["git", "-c", "core.autocrlf=true", "clone", "--quiet", stack.ROOT, tmp_path / "clone"], check=True)
    files = [f for f in (tmp_path / "clone").rglob("*") if f.is_file() and ".git" not in f.parts and f.suffix != ".png"]
    assert len(files) > 100
    assert [f.name for f in files if b"\r\n" in f.read_bytes()] == []
