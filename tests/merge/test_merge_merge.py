"""What becomes of a draft that people edited when there is a newer text: both, and the people win."""

from __future__ import annotations

import re

import pytest

from report.merge import lost_lines, merge, readable_diff, summary

BASE = """\
<!-- itl:draft gen=1 -->
# payments: degraded, 2023-12-15

> DRAFT, not reviewed. 2 questions open.

<!-- itl:summary -->
## Issue summary

**474 of 2,643 requests failed.** p99 0.46 -> 4 s.

- [You: what did users see?]

<!-- itl:timeline -->
## Timeline

| # | UTC | +start | What | Source |
| --- | --- | --- | --- | --- |
| 1 | 13:59:00 | 0 | Degraded: errors 0.1 -> 0.6 % | measured [e-0f90] |
| 2 | 14:20:22 | +21m | HighErrorRate firing | alert [e-ea8b] |
| 3 | 16:00:04 | +2h1m | Scaled 4 -> 12 replicas | change [e-0fee] |
| - | | | [You: who noticed first?] | |

<!-- itl:cotimed -->
Timing only, not cause.

| UTC | What |
| --- | --- |
| 16:00:04 | Scaled 4 -> 12 replicas |

<!-- itl:formula -->
How requests were counted:

```text
failed = increase of x{code=~"5.."};
```

<!-- itl:evidence -->
## Evidence
"""
LATER = (
    BASE.replace("gen=1", "gen=2")
    .replace("474 of 2,643", "480 of 2,650")
    .replace("| 2 | 14:20:22", "| 2 | 14:05:00 | +6m | Restarted | change [e-aaaa] |\n| 3 | 14:20:22")
    .replace("| 3 | 16:00:04", "| 4 | 16:00:04")
)


def _merged(existing: str, new: str = LATER, base: str = BASE) -> str:
    made = merge(existing, base, new)
    assert lost_lines(existing, base, made.text, new=new) == ()
    return made.text


def _lines(text: str, *words: str) -> list[str]:
    return [line for line in text.splitlines() if all(word in line for word in words)]


def _without(text: str, key: str) -> str:
    return re.sub(rf"<!-- itl:{key} -->\n.*?(?=<!-- itl:|\Z)", "", text, flags=re.DOTALL)


def test_an_untouched_draft_becomes_the_fresh_one() -> None:
    """Byte for byte."""
    made = merge(BASE, BASE, LATER)
    assert (made.text, made.kept_lines) == (LATER, 0)
    assert made.updated_blocks == ("summary", "timeline")


def test_an_answer_stays_and_the_rest_is_fresh() -> None:
    """Only the person changed one line, only the tool the others."""
    answer = "- Blank pages at checkout."
    assert _merged(BASE.replace("- [You: what did users see?]", answer)) == LATER.replace(
        "- [You: what did users see?]", answer
    )


def test_where_both_wrote_the_new_fact_follows_the_persons_line() -> None:
    """A quotation of its own, directly below, parted from what follows."""
    mine = "**About half a thousand requests failed.**"
    text = _merged(BASE.replace("**474 of 2,643 requests failed.** p99 0.46 -> 4 s.", mine))
    update = "> tool update: **480 of 2,650 requests failed.** p99 0.46 -> 4 s."
    assert f"{mine}\n{update}\n\n- [You" in text


def test_an_update_changes_with_its_fact_and_goes_when_a_person_deletes_it() -> None:
    """It is the tool's line: replaced when stale, left out for good when taken out."""
    first = _merged(BASE.replace("p99 0.46 -> 4 s.", "p99 was bad."))
    third = LATER.replace("gen=2", "gen=3").replace("480 of 2,650", "481 of 2,651")
    second = _merged(first, third, LATER)
    assert len(_lines(second, "tool update")) == 1
    assert _lines(second, "tool update", "481 of 2,651")
    calm = "\n".join(line for line in first.split("\n") if "tool update" not in line)
    quiet = LATER.replace("gen=2", "gen=3").replace("+2h1m", "+2h2m")
    assert "tool update" not in _merged(calm, quiet, LATER)


def test_an_edited_row_stays_with_the_charts_number_and_hears_what_is_measured_now() -> None:
    """People's row, then the tool's as a row of the same table; its marker is that of the chart."""
    mine = BASE.replace("HighErrorRate firing", "HighErrorRate firing, Ada paged")
    text = _merged(mine, LATER.replace("14:20:22 | +21m", "14:20:07 | +20m"))
    at = text.splitlines().index("| 3 | 14:20:22 | +21m | HighErrorRate firing, Ada paged | alert [e-ea8b] |")
    told = "| 3 | 14:20:07 | +20m | > tool update: HighErrorRate firing | alert [e-ea8b] |"
    assert text.splitlines()[at + 1] == told
    assert text.splitlines()[at + 2].startswith("| 4 | 16:00:04")


def test_a_number_alone_is_no_news() -> None:
    """An earlier event shifts the numbers of all rows below; nobody needs to be told."""
    text = _merged(BASE.replace("Scaled 4 -> 12 replicas | change", "Scaled by Bo | change"))
    assert _lines(text, "Scaled by Bo") == ["| 4 | 16:00:04 | +2h1m | Scaled by Bo | change [e-0fee] |"]
    assert "tool update" not in text


def test_a_row_of_a_person_stays_below_its_row() -> None:
    """New rows of the tool come below it, not between."""
    mine = "| - | 14:01 | | A customer wrote | Ada |"
    lines = _merged(BASE.replace("[e-0f90] |\n", f"[e-0f90] |\n{mine}\n")).splitlines()
    at = lines.index(mine)
    assert "e-0f90" in lines[at - 1]
    assert "e-aaaa" in lines[at + 1]


def test_a_deleted_row_stays_deleted() -> None:
    """Whatever the tool measures about it later."""
    gone = BASE.replace("| 2 | 14:20:22 | +21m | HighErrorRate firing | alert [e-ea8b] |\n", "")
    assert "e-ea8b" not in _merged(gone, LATER.replace("+21m", "+22m"))


def test_an_edited_row_of_an_event_that_is_gone_is_orphaned_below_its_tables_head() -> None:
    """It reads as a row there, and the summary names it."""
    mine = BASE.replace("HighErrorRate firing", "HighErrorRate firing, Ada paged")
    made = merge(mine, BASE, re.sub(r"\| 3 \| 14:20:22.*\n", "", LATER))
    tail = made.text[made.text.index("## Orphaned notes") :]
    row = "| 2 | 14:20:22 | +21m | HighErrorRate firing, Ada paged | alert [e-ea8b] |"
    head = "| # | UTC | +start | What | Source |\n| --- | --- | --- | --- | --- |"
    assert f'### From "Timeline", e-ea8b\n\n{head}\n{row}' in tail
    assert made.orphaned == ("e-ea8b",)
    assert "1 note orphaned (e-ea8b)" in summary(made)
    assert tail.index(row) < tail.index("## Evidence")


def test_an_untouched_row_or_block_goes_with_its_facts() -> None:
    """Nobody wrote there, so nothing is lost."""
    text = _merged(BASE.replace("what did users see?]", "what?]"), _without(LATER, "cotimed"))
    assert "Timing only" not in text
    assert "Orphaned" not in text


def test_a_block_whose_facts_are_gone_is_orphaned_whole_where_somebody_wrote_in_it() -> None:
    """With where it stood; the next such block joins the same section."""
    mine = BASE.replace("Timing only, not cause.", "Bo thinks it was the deploy.")
    once = _merged(mine, _without(LATER, "cotimed"))
    assert '### From "Timeline", cotimed\n\nBo thinks it was the deploy.\n\n| UTC | What |' in once
    noted = once.replace("How requests were counted:", "How we counted:")
    third = _without(_without(LATER, "cotimed"), "formula").replace("gen=2", "gen=3")
    twice = _merged(noted, third, _without(LATER, "cotimed"))
    assert twice.count("## Orphaned notes") == 1
    assert twice.index("Bo thinks") < twice.index("How we counted:") < twice.index("## Evidence")


def test_a_deleted_block_stays_deleted_and_is_named() -> None:
    """The tool has news for it, and nobody wants them."""
    made = merge(_without(BASE, "summary"), BASE, LATER)
    assert "480 of" not in made.text
    assert made.notes == ("deleted by you and left out: summary",)


def test_without_the_first_block_the_draft_still_names_its_generation() -> None:
    """Only the anchor comes back, never the title."""
    cut = BASE[BASE.index("<!-- itl:summary") :]
    assert _merged(cut).startswith("<!-- itl:draft gen=2 -->\n\n<!-- itl:summary -->\n")


def test_a_new_block_comes_below_its_neighbour_in_the_persons_order() -> None:
    """Sections that people moved stay where they are."""
    base = _without(BASE, "formula")
    cotimed = re.search(r"<!-- itl:cotimed -->\n.*?(?=<!-- itl:)", base, re.DOTALL)
    assert cotimed
    moved = base.replace(cotimed[0], "").replace("<!-- itl:summary", f"{cotimed[0]}<!-- itl:summary")
    text = _merged(moved, LATER, base)
    assert re.findall(r"itl:(\w+)", text) == [
        "draft",
        "cotimed",
        "formula",
        "summary",
        "timeline",
        "evidence",
    ]


def test_words_behind_an_anchor_stay_there() -> None:
    """Some people write on the line of the comment."""
    text = _merged(BASE.replace("<!-- itl:draft gen=1 -->", "<!-- itl:draft gen=1 --> owner: Ada"))
    assert text.startswith("<!-- itl:draft gen=2 --> owner: Ada\n")


def test_a_second_copy_of_a_block_is_peoples_alone() -> None:
    """Its anchor is taken out of use, so that the next run does not tear it."""
    mine = BASE + "\n<!-- itl:summary -->\n## Issue summary, for the board\n"
    text = _merged(mine)
    assert "<!-- itl-was:summary -->\n## Issue summary, for the board\n" in text
    assert len(_lines(text, "480 of")) == 1
    assert merge(text, LATER, LATER.replace("gen=2", "gen=3")).text == text.replace("gen=2", "gen=3")


def test_anchors_in_code_are_code() -> None:
    """A pasted draft in a fence does not become blocks."""
    mine = BASE + "\n```\n<!-- itl:summary -->\nold\n```\n"
    assert _merged(mine).endswith("\n```\n<!-- itl:summary -->\nold\n```\n")


def test_a_fence_that_nobody_closed_hides_nothing() -> None:
    """Three stray backticks at the top would otherwise take the whole draft for code."""
    mine = BASE.replace("## Evidence\n", "## Evidence\n\n```\nhalf a log\n")
    assert "480 of" in _merged(mine)


def test_conflict_markers_of_people_are_left_word_for_word() -> None:
    """Their block is not merged, all others are, and the caller hears of it."""
    marks = "<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> other\n"
    mine = BASE.replace("- [You: what did users see?]\n", marks)
    made = merge(mine, BASE, LATER)
    assert made.conflicted == ("summary",)
    assert marks in made.text
    assert "474 of" in made.text
    assert "e-aaaa" in made.text
    assert made.text.startswith("<!-- itl:draft gen=2 -->")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_a_missing_last_one_and_a_byte_order_mark_stay(end: str) -> None:
    """The draft comes back in the form it was found in."""
    mine = "\ufeff" + BASE.replace("\n", end).rstrip(end)
    assert _merged(mine) == "\ufeff" + LATER.replace("\n", end).rstrip(end)


def test_a_formatter_is_no_author() -> None:
    """Padded tables, other bullets, escapes and trailing blanks bring no update and lose no news."""
    mine = (
        BASE.replace(" | ", "  |  ")
        .replace("- [You", "*   [You")
        .replace("p99 0.46", "p99  0.46"[:3] + " 0.46")
    )
    mine = mine.replace("DRAFT, not", "DRAFT\\, not").replace("## Timeline", "## Timeline  ")
    text = _merged(mine)
    assert "tool update" not in text
    assert "480 of" in text
    assert "*   [You: what did users see?]" in text
    assert "DRAFT\\, not" in text


def test_a_wiki_copy_without_anchors_merges_as_if_it_had_them() -> None:
    """Blocks are found by their first lines, rows by their visible ids."""
    mine = BASE.replace("HighErrorRate firing", "HighErrorRate firing, Ada paged")
    mine = mine.replace("## Issue summary", "## Issue summary (short)")
    stripped = re.sub(r"<!-- itl:.*-->\n", "", mine)
    assert _merged(stripped) == _merged(mine)


def test_a_wiki_that_resolves_references_is_understood() -> None:
    """`[e-ea8b]` became a link, and the list of addresses is gone: it comes back, the rows stay."""
    base, new = (t + "\n<!-- itl:links -->\n[e-ea8b]: <http://x>\n" for t in (BASE, LATER))
    mine = re.sub(r"<!-- itl:.*-->\n", "", BASE).replace("[e-ea8b]", "[e-ea8b](http://x)")
    text = _merged(mine, new, base)
    assert _lines(text, "3 | 14:20:22")
    assert "tool update" not in text
    assert text.endswith("<!-- itl:links -->\n[e-ea8b]: <http://x>\n")


def test_an_update_waits_for_the_end_of_a_fence() -> None:
    """A quotation inside code would be code."""
    mine = BASE.replace('failed = increase of x{code=~"5.."};', "failed = what the proxy saw;")
    text = _merged(mine, LATER.replace('"5.."', '"5..|429"'))
    assert (
        'failed = what the proxy saw;\n```\n> tool update: failed = increase of x{code=~"5..|429"};\n' in text
    )


def test_a_question_asked_in_other_words_is_no_news() -> None:
    """An answered prompt does not open again."""
    mine = BASE.replace("[You: what did users see?]", "Blank pages.")
    text = _merged(mine, LATER.replace("what did users see?", "what did users notice?"))
    assert _lines(text, "You: what did") == []


def test_ids_that_grew_are_the_same_events() -> None:
    """A late event may resemble an earlier one, so that both show a digit more."""
    mine = BASE.replace("HighErrorRate firing", "HighErrorRate firing, Ada paged")
    new = LATER.replace("e-ea8b", "e-ea8b1").replace("e-aaaa", "e-ea8b2")
    text = _merged(mine, new)
    assert _lines(text, "Ada paged") == [
        "| 3 | 14:20:22 | +21m | HighErrorRate firing, Ada paged | alert [e-ea8b] |"
    ]
    assert "tool update" not in text
    assert _lines(text, "Restarted", "e-ea8b2")


def test_an_unrelated_text_is_left_alone() -> None:
    """Nothing of the base is in it, so nothing can be said about it."""
    assert merge("groceries\n", BASE, LATER).text == "groceries\n"


def test_the_summary_counts_what_was_kept() -> None:
    """One line a person reads on the terminal."""
    mine = BASE.replace("HighErrorRate firing", "HighErrorRate firing, Ada paged").replace(
        "## Evidence", "## Proof"
    )
    assert summary(merge(mine, BASE, LATER)) == "kept 2 of your lines, 2 blocks updated"
    assert summary(merge(mine.replace("## Proof", "## Evidence"), BASE, LATER)).startswith(
        "kept 1 line of yours"
    )


def test_the_diff_shows_what_would_change_and_hides_nothing() -> None:
    """Control characters are spelled out, long lines cut, line ends do not count."""
    diff = readable_diff(BASE, LATER.replace("480", "\x1b[31m480") + "x" * 500, "postmortem.md")
    assert "-**474 of 2,643 requests failed.** p99 0.46 -> 4 s." in diff
    assert "+**U+001B[31m480" in diff
    assert max(map(len, diff.splitlines())) < 200
    assert readable_diff(BASE, BASE.replace("\n", "\r\n"), "postmortem.md") == ""


def test_an_address_without_its_brackets_is_not_an_edit() -> None:
    """A formatter writes `[e-ea8b]: http://x` for `[e-ea8b]: <http://x>`: the new address takes its place."""
    base, new = (
        f"{text}\n<!-- itl:links -->\n[e-ea8b]: <http://x?to={to}>\n"
        for text, to in ((BASE, "14"), (LATER, "15"))
    )
    draft = base.replace("<http://x?to=14>", "http://x?to=14")

    merged = merge(draft, base, new)

    assert merged.kept_lines == 0
    assert merged.text == new
