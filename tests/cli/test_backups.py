"""backup and restore from the command line."""

from click.testing import CliRunner

from regulars.cli import main


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_out_and_back(tmp_path):
    shop, archive, again = tmp_path / "shop", tmp_path / "shop.zip", tmp_path / "again"
    orders = tmp_path / "orders.csv"
    orders.write_text("order_id,order_date,customer_id,total\n1,2025-01-05,ann,2.50\n2,2025-01-07,ann,2.50\n")
    call("init", shop)
    call("import", orders, "--shop", shop)
    done = call("backup", archive, "--shop", shop)
    assert done.exit_code == 0, done.output
    assert "5 files" in done.output and "personal data" in done.output
    restored = call("restore", archive, again)
    assert restored.exit_code == 0 and f"regulars run --shop {again}" in restored.output
    same = call("import", orders, "--shop", again)
    assert "0 stored + 2 known before" in same.output


def test_trouble_is_one_message_and_exit_code_2(tmp_path):
    (tmp_path / "letters.zip").write_text("no archive")
    done = call("restore", tmp_path / "letters.zip", tmp_path / "again")
    assert done.exit_code == 2
    assert "is no backup" in done.output and "Traceback" not in done.output
    assert call("backup", tmp_path / "a.zip", "--shop", tmp_path).exit_code == 2
