async def test_it_answers(client, served, acme):
    assert await client.ask("{ seq viewer { name } }") == {"seq": 19 + 1 , "viewer": {"name": "Ann"}}
    async with served.socket(acme.token) as socket:
        ev = await socket.subscribe("subscription { changes { seq kind } }")
        await socket.ping()
        await acme.check_in(acme.macros, 5)
        print(await ev.next())
