"""The documents: their links lead somewhere, the files that they name exist, and their sentences are short and plain."""

import re
import subprocess

import pytest

import stack

FILES = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=stack.ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
DOCUMENTS = [file for file in FILES if file.endswith(".md") and (stack.ROOT / file).exists()]
SOURCES = [file for file in FILES if file.endswith((".java", ".yaml", ".yml", ".xml", ".als")) and (stack.ROOT / file).exists()]

WORDS_IN_A_SENTENCE = 30

# Readers stumbled over each of these. CONTRIBUTING.md has plainer words.
PHRASES = [
    r"rehears\w+", r"an? alarm rings", r"rings only", r"(?:report|is) a hole", r"by schedule", r"in turns",
    r"(?:is|are) no tests?", r"in its own words", r"worded", r"(?:lays?|laid) out", r"stands? (?:in|for)",
    r"number of the (?:purchase|product|order)", r"answers? with", r"answered (?:with )?(?:20|40|50)\d", r"nobody knows",
    r"outcome is not known", r"tells? nothing", r"repetitions?", r"wins nothing", r"in the scope of the tests",
]


def prose(file):
    """The document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", (stack.ROOT / file).read_text(), flags=re.S | re.M)


def comments(file):
    """The comments of a Java file."""
    return re.sub(r"\s[\s*/]*", " ", " ".join(re.findall(r"/\*.*?\*/|//[^\n]*", (stack.ROOT / file).read_text(), re.S)))


def anchors(file):
    """The headings as GitHub links to them."""
    headings = re.findall(r"^#+ (.*)$", prose(file), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sentences(text):
    """The sentences of headings, paragraphs, items of lists and cells of tables."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`", "code", text)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*#|]|\d+\.)\s?)|\|", text):
        yield from re.split(r"(?<=[.?!])[*”\")]*\s+", " ".join(block.split()))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = (stack.ROOT / document).parent / path if path else stack.ROOT / document
            assert target.exists(), f"{document} links to {link}"
            if anchor:
                assert anchor in anchors(target.resolve().relative_to(stack.ROOT)), f"{document} links to {link}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_source_files_exist(document):
    for name in re.findall(r"`([\w./-]+\.(?:java|py|sh))`", prose(document)):
        assert any(f"/{file}".endswith(f"/{name}") for file in FILES), f"{document} names {name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_sentence_is_long(document):
    long = [s for s in sentences(prose(document)) if len(re.findall(r"\w[\w'’.,/-]*", s)) > WORDS_IN_A_SENTENCE]
    assert not long, f"over {WORDS_IN_A_SENTENCE} words in {document}:\n" + "\n".join(long)


@pytest.mark.parametrize("file", DOCUMENTS + SOURCES)
def test_no_unclear_phrase_comes_back(file):
    text = comments(file) if file.endswith(".java") else re.sub(r"[\s#]+", " ", prose(file))
    found = re.findall(rf"\b(?:{'|'.join(PHRASES)})\b", text, re.I)
    assert not found, f"{file} has {found}"
