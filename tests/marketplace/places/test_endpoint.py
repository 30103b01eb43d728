"""The public lookup /dia-ban."""


def test_it_answers_with_present_units_and_the_old_name_that_matched(client):
    response = client.get("/dia-ban", query_string={"q": "an hoa, ninh kieu"})

    assert response.status_code == 200
    assert response.json["items"][0]["label"] == "Phường Cái Khế, Thành phố Cần Thơ"
    assert response.json["items"][0]["former"] == "Phường An Hòa, Quận Ninh Kiều"


def test_unreadable_questions_get_an_empty_list_not_an_error(client):
    for query in ["", "q=", "q=%00", "q=%FF%FE", "q=%ED%A0%80", "q=" + "z" * 6000, "q=%25&q=2", "q[]=1"]:
        response = client.get(f"/dia-ban?{query}")

        assert response.status_code == 200, query
        assert response.json == {"items": []}, query


def test_it_takes_questions_only(client):
    assert client.put("/dia-ban").status_code == 405
