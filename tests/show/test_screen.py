from rich.cells import cell_len

from regulars.show.screen import Part, aligned, fitted, wrapped


def test_parts_get_their_room_by_rank_and_stay_in_their_order():
    parts = [Part(("title",), 0), Part(("a", "b"), 3), Part(("c",), 1), Part(("d",), 2)]
    assert fitted(parts, 80, 3) == ["title", "c", "d"]
    assert fitted(parts, 80, 5) == ["title", "a", "b", "c", "d"]
    assert fitted(parts, 80, 4) == ["title", "c", "d"]


def test_what_is_exact_is_never_cut():
    command = "regulars run --shop " + "x" * 80
    assert fitted([Part((command,), 0, exact=True)], 40, 25) == [command]


def test_lines_are_cut_between_words_and_wide_letters_count_twice():
    lines = wrapped("one two three four five six seven eight", 16)
    assert max(map(cell_len, lines)) <= 16
    assert " ".join(" ".join(lines).split()) == "one two three four five six seven eight"
    assert max(map(cell_len, wrapped("给今天所有的客户发送优惠，并且说明原因。", 16))) <= 16


def test_columns_stand_below_one_another_in_both_scripts():
    lines = aligned([["访客", "1"], ["abcdef", "1,000"]], [False, True])
    assert len({cell_len(line) for line in lines}) == 1
