import time, contextlib
async def test_a(acme, acme_url):
    from tests.serving import serving
    t=time.perf_counter()
    def lap(n):
        nonlocal t; u=time.perf_counter(); print(n, round((u-t)*1e3)); t=u
    async with serving(acme_url) as s:
        lap("start")
        c=s.client(acme.token); lap("client")
        await c.ask("{seq}"); lap("first")
        for _ in range(3): await c.ask("{seq}"); lap("again")
        await c.do("personCreate",name="x"); lap("mut")
        await c.do("personCreate",name="x"); lap("mut")
        await c.do("checkInRecord",keyResultExternalId="macros",value=3); lap("ci")
        await acme.check_in("macros",4); lap("ci acme")
        await acme.tables(); lap("tables")
        await acme.verify(); lap("verify")
    lap("stop")
