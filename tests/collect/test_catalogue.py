def items(found):
    return {row["item_id"]: (row["title"], row["category"], row["price"]) for row in found.items.to_pylist()}


def test_most_lines_name_the_item_and_the_latest_line_prices_it(read):
    text = (
        "order_id,date,customer,sku,title,category,qty,price\n1,2024-01-03,c,A,Mug,K,1,5\n2,2024-01-01,c,A,Mug,K,1,4\n3,2024-01-02,c,A,mug blue,,1,3\n"
        "4,2024-01-03,c,A,,K,1,0\n5,2024-01-01,c,B,b,,1,2\n6,2024-01-01,c,B,a,,1,1\n"
    )
    for rows in (1, 100):
        found = read(text, rows=rows)
        assert items(found) == {"A": ("Mug", "K", 50_000), "B": ("a", None, 10_000)}
        assert found.items["item_id"].to_pylist() == ["A", "B"]


def test_refunds_and_rejected_lines_teach_nothing(read):
    text = "order_id,date,customer,sku,title,qty,price,status\n1,2024-01-03,c,A,damaged,1,5,refunded\n2,soon,c,B,Cup,1,4,\n"
    assert read(text).items.num_rows == 0
