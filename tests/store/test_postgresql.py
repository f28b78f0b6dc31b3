"""What only a PostgreSQL server can do to a store: other letters, lacking rights, and connections that are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import polars as pl
import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError

from runner.errors import LockHeld, StoreError
from runner.store.circulation import CirculationLoad
from runner.store.commit import RunEnd
from runner.store.connect import PostgresServer
from runner.store.faults import translated
from runner.store.look import refuse_unwritable
from runner.store.store import Store, open_store
from runner.store.undo import Undoing
from tests.contracts.postgres import Server
from tests.store.plans import NOW, Draft, applied, commit, outside, row_of, start

pytestmark = pytest.mark.postgres


def test_a_database_that_cannot_hold_every_letter_is_refused(postgres_server: Server) -> None:
    postgres_server.sql("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    address = f"postgresql://postgres@127.0.0.1:{postgres_server.port}/narrow"
    with pytest.raises(StoreError, match="not in UTF8") as caught:
        open_store(address, create=True, now=NOW)
    postgres_server.sql("DROP DATABASE narrow")
    assert caught.value.code == "store-letters"


def test_a_server_whose_types_cannot_be_read_is_refused(postgres_server: Server) -> None:
    postgres_server.sql("CREATE DATABASE quoted")
    postgres_server.sql("ALTER DATABASE quoted SET quote_all_identifiers = on")
    address = f"postgresql://postgres@127.0.0.1:{postgres_server.port}/quoted"
    with pytest.raises(StoreError, match="quote_all_identifiers") as caught:
        open_store(address, create=True, now=NOW)
    assert caught.value.code == "store-settings"
    postgres_server.sql("ALTER DATABASE quoted SET quote_all_identifiers = off")
    open_store(address, create=True, now=NOW)
    postgres_server.sql("DROP DATABASE quoted")


def test_letters_are_the_same_whatever_the_environment_takes_for_the_client_s(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    store = open_store(postgres_url, create=True, now=NOW)
    draft = Draft()
    draft.add("1001", last_name="Łukasz")
    applied(store, draft)
    monkeypatch.delenv("PGCLIENTENCODING")
    assert outside(store, "SELECT last_name FROM patron") == [["Łukasz"]]
    assert row_of(store, "1001")["last_name"] == "Łukasz"


def test_what_the_account_or_the_database_lacks_is_said_in_a_sentence_of_its_own(postgres_server: Server) -> None:
    postgres_server.sql("CREATE ROLE guest LOGIN")
    server, schema = f"127.0.0.1:{postgres_server.port}", postgres_server.address().rpartition("%3D")[2]
    asked = f"postgresql://postgres@{server}/postgres?options=-csearch_path%3D"
    addresses = {
        f"{asked}nobody_made_it": "store-schema",
        f"postgresql://guest@{server}/postgres?options=-csearch_path%3D{schema}": "store-schema",
        f"postgresql://postgres@{server}/nobody_made_it": "store-login",
        f"postgresql://nobody_made_it@{server}/postgres": "store-login",
        f"{asked}{schema}%20-cdefault_transaction_read_only%3Don": "store-read-only",
    }
    found = {}
    for address in addresses:
        with pytest.raises(StoreError) as caught:
            open_store(address, create=True, now=NOW)
        found[address] = caught.value.code
    postgres_server.sql(f"DROP SCHEMA {schema} CASCADE")
    postgres_server.sql("DROP ROLE guest")
    assert found == addresses


def test_an_account_that_may_make_no_temporary_tables_is_told_which_right_it_lacks(postgres_server: Server, postgres_url: str) -> None:
    schema = postgres_url.rpartition("%3D")[2]
    postgres_server.sql(
        f"CREATE ROLE guest LOGIN; GRANT ALL ON SCHEMA {schema} TO guest; REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC"
    )
    try:
        store = open_store(postgres_url.replace("postgres@", "guest@"), create=True, now=NOW)
        with pytest.raises(StoreError, match="lacks a right") as caught:
            applied(store, Draft())
    finally:
        postgres_server.sql(f"GRANT TEMPORARY ON DATABASE postgres TO PUBLIC; DROP SCHEMA {schema} CASCADE; DROP ROLE guest")
    assert "TEMPORARY on the database" in str(caught.value.hint)


def _cut_the_lock(server: Server) -> None:
    """Ends the connection that holds the lock, as a firewall or an administrator would, and waits until it is gone."""
    server.sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name LIKE 'patron-runner the holder%'")


def test_a_run_whose_lock_was_lost_before_it_commits_changes_nothing(postgres_server: Server, postgres_url: str) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    start(store)
    draft = Draft()
    draft.add("1001")
    with store.lock("the holder"):
        _cut_the_lock(postgres_server)
        with pytest.raises(StoreError, match="connection to the store's PostgreSQL server was lost"):
            store.apply(commit("run-1", draft))
    assert outside(store, "SELECT count(*) FROM patron") == [[0]]


def _undo(store: Store) -> None:
    store.undo(Undoing(run_id="run-2", undoes="run-1", now=NOW, end=lambda plan: RunEnd("complete", NOW, plan.counts)))


def _load(store: Store) -> None:
    fines = pl.DataFrame({"patron_id": [row_of(store, "1001")["id"]], "site": ["NORTH"], "amount_cents": [250]})
    store.load_circulation(
        CirculationLoad(
            run_id="run-2",
            job="demo/fines",
            table="fines",
            rows=fines,
            refused=0,
            malformed=0,
            patron_unknown=0,
            now=NOW,
            end=RunEnd("complete", NOW),
        )
    )


def _prune(store: Store) -> None:
    store.prune_history(NOW + timedelta(days=1))


@pytest.mark.parametrize("write", [_undo, _load, _prune])
def test_nothing_else_is_written_without_the_lock_either(
    write: Callable[[Store], None], postgres_server: Server, postgres_url: str
) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    draft = Draft()
    draft.add("1001")
    applied(store, draft)
    start(store, "run-2")
    rows = "SELECT (SELECT count(*) FROM patron) AS patrons, (SELECT count(*) FROM fine) AS fines, (SELECT count(*) FROM change) AS changes"
    with store.lock("the holder"):
        _cut_the_lock(postgres_server)
        with pytest.raises(StoreError, match="connection to the store's PostgreSQL server was lost"):
            write(store)
    assert outside(store, rows) == [[1, 0, 1]]
    with store.lock("the holder"):
        write(store)
    assert outside(store, rows) != [[1, 0, 1]]


def test_a_lock_that_is_lost_after_the_commit_makes_no_failure_of_it(postgres_server: Server, postgres_url: str) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    with store.lock("the holder"):
        applied(store, Draft())
        _cut_the_lock(postgres_server)
    assert store.held_by() is None


def test_the_lock_outlives_the_servers_limit_for_idle_connections(postgres_server: Server, postgres_url: str) -> None:
    postgres_server.sql("ALTER ROLE postgres SET idle_session_timeout = '100ms'")
    try:
        store = open_store(postgres_url, create=True, now=NOW)
        with store.lock("the holder"):
            postgres_server.sql("SELECT pg_sleep(0.5)")
            assert "the holder" in str(store.held_by())
    finally:
        postgres_server.sql("ALTER ROLE postgres RESET idle_session_timeout")


def _schema(address: str) -> str:
    return address.rpartition("%3D")[2]


def test_staff_edit_a_store_whatever_the_search_path_of_their_connection(postgres_server: Server, postgres_url: str) -> None:
    store, schema = open_store(postgres_url, create=True, now=NOW), _schema(postgres_url)
    draft = Draft()
    draft.add("1001")
    applied(store, draft)
    postgres_server.sql(f"UPDATE {schema}.patron SET homeroom = '204', username = 'ÉVA' WHERE district_id = '1001'")
    postgres_server.sql(f"INSERT INTO {schema}.patron (site, last_name, username) VALUES ('NORTH', 'By hand', 'Straße')")
    found = outside(store, "SELECT version, username_key FROM patron ORDER BY id")
    assert found == [[2, "éva"], [1, "strasse"]]


def test_an_edit_in_one_districts_schema_moves_nobody_in_anothers(postgres_server: Server, postgres_url: str) -> None:
    other = postgres_server.address()
    stores = [open_store(address, create=True, now=NOW) for address in (postgres_url, other)]
    for store in stores:
        draft = Draft()
        draft.add("1001")
        applied(store, draft)
    place = f"INSERT INTO {_schema(postgres_url)}.association (patron_id, site, barcode) SELECT id, 'SOUTH', 'X 1'"
    postgres_server.sql(f"SET search_path = {_schema(other)}; {place} FROM {_schema(postgres_url)}.patron")
    versions = [outside(store, "SELECT version FROM patron") for store in stores]
    postgres_server.clear(other)
    assert versions == [[[2]], [[1]]]


def test_a_connection_keeps_its_search_path_after_an_edit(postgres_server: Server, postgres_url: str) -> None:
    store, schema = open_store(postgres_url, create=True, now=NOW), _schema(postgres_url)
    draft = Draft()
    draft.add("1001")
    applied(store, draft)
    edit = f"BEGIN; SET LOCAL search_path = pg_catalog; UPDATE {schema}.patron SET homeroom = '204'; SHOW search_path; COMMIT"
    assert postgres_server.sql(edit).splitlines() == ["pg_catalog"]


def test_a_schema_that_was_given_another_name_is_still_the_same_store(postgres_server: Server, postgres_url: str) -> None:
    store, schema = open_store(postgres_url, create=True, now=NOW), _schema(postgres_url)
    draft = Draft()
    draft.add("1001")
    applied(store, draft)
    postgres_server.sql(f"ALTER SCHEMA {schema} RENAME TO renamed")
    postgres_server.sql("UPDATE renamed.patron SET homeroom = '204'")
    postgres_server.sql(f"ALTER SCHEMA renamed RENAME TO {schema}")
    assert outside(store, "SELECT version FROM patron") == [[2]]


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("postgresql://postgres@{server}/postgres?sslmode=verify-full", "store-tls", "offers no TLS"),
        ("postgresql://postgres@{server}/postgres?sslmod=require", "store-address", "cannot be read by PostgreSQL"),
        ("postgresql://postgres@{server}0000/postgres", "store-address", "cannot be read by PostgreSQL"),
        ("postgresql://post gres@{server}/postgres", "store-address", "cannot be read by PostgreSQL"),
        ("postgresql://postgres@{server}/postgres?options=-cserch_path%3Dpatrons", "store-address", "does not know a setting"),
        ("postgresql://postgres@no-such-host.invalid/postgres", "store-server", "host of the store's PostgreSQL server is not known"),
        ("postgresql://postgres@{server}/closed", "store-login", "refused the login"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_by_what_is_wrong_with_it(
    postgres_server: Server, address: str, code: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        open_store(address.format(server=f"127.0.0.1:{postgres_server.port}"), create=True, now=NOW)
    assert caught.value.code == code


_TRIED = 'IO: [libpq] Failed to connect: connection to server at "db.example.org" (192.0.2.7), port 5432 failed: '


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("SSL error: certificate verify failed", "store-tls", "certificate"),
        ('root certificate file "/srv/library/root.crt" does not exist', "store-tls", "certificate"),
        ('server certificate for "db" does not match host name "db.example.org"', "store-tls", "certificate"),
        ('FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "lib", database "patrons", no encryption', "store-login", "pg_hba.conf"),
        ("FATAL:  unsupported startup parameter: options", "store-address", "pooler"),
        ("FATAL:  Passwort-Authentifizierung für Benutzer »lib« fehlgeschlagen", "store-login", "refused the connection"),
        ("timeout expired", "store-server", "cannot be reached"),
    ],
)
def test_why_no_connection_came_about_is_told_apart(answer: str, code: str, said: str) -> None:
    fault = OperationalError(_TRIED + answer + "\n", status_code=AdbcStatusCode.IO)
    told = translated(fault, "open the store")
    assert (told.code, said in told.text) == (code, True), told.text


@pytest.mark.parametrize(("state", "code"), [("53100", "store-full"), ("58030", "store-disk")])
def test_a_disk_of_the_servers_is_not_taken_for_one_of_this_machine(state: str, code: str) -> None:
    fault = OperationalError("could not extend file", status_code=AdbcStatusCode.IO, sqlstate=state)
    told = translated(fault, "write")
    assert (told.code, "PostgreSQL server" in told.text, "var/" in str(told.hint)) == (code, True, False)


@pytest.fixture
def guest(postgres_server: Server, postgres_url: str) -> Iterator[str]:
    """The address of a store in the name of an account that may use its schema, and that owns nothing."""
    open_store(postgres_url, create=True, now=NOW)
    postgres_server.sql(f"CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA {_schema(postgres_url)} TO guest")
    yield postgres_url.replace("postgres@", "guest@")
    postgres_server.sql("GRANT TEMPORARY ON DATABASE postgres TO PUBLIC; DROP OWNED BY guest; DROP ROLE guest")


_DATA = "GRANT {rights} ON ALL TABLES IN SCHEMA {schema} TO guest; GRANT UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO guest"


@pytest.mark.parametrize(
    ("granted", "lacking"),
    [
        (_DATA.replace("{rights}", "SELECT"), "DELETE on all tables, INSERT on all tables, UPDATE on all tables"),
        (_DATA.replace("{rights}", "ALL") + "; REVOKE DELETE ON {schema}.fine FROM guest", "DELETE on fine"),
        (_DATA.replace("{rights}", "ALL") + "; REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC", "TEMPORARY on the database"),
        ("GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO guest",
         "UPDATE on the sequence association_id_seq, UPDATE on the sequence patron_id_seq"),
    ],
)  # fmt: skip
def test_an_account_that_could_not_do_a_runs_work_is_told_each_right_that_it_lacks(
    granted: str, lacking: str, guest: str, postgres_server: Server
) -> None:
    postgres_server.sql(granted.format(schema=_schema(guest)))
    with pytest.raises(StoreError) as caught:
        refuse_unwritable(guest, NOW)
    count = postgres_server.sql(f"SELECT count(*) - 1 FROM pg_tables WHERE schemaname = '{_schema(guest)}'")  # but for folded_letter
    assert (caught.value.code, caught.value.text.partition(": ")[2]) == (
        "store-read-only",
        lacking.replace("all tables", f"{count} tables"),
    )


def test_an_account_with_all_rights_to_the_data_alone_can_do_a_runs_work(guest: str, postgres_server: Server) -> None:
    postgres_server.sql(_DATA.format(rights="SELECT, INSERT, UPDATE, DELETE", schema=_schema(guest)))
    refuse_unwritable(guest, NOW)
    draft = Draft()
    draft.add("1001")
    applied(open_store(guest, create=False, now=NOW), draft)


def test_where_tables_are_still_to_be_made_or_upgraded_more_rights_are_asked_for(guest: str, postgres_server: Server) -> None:
    schema = _schema(guest)
    postgres_server.sql(_DATA.format(rights="ALL", schema=schema) + f"; UPDATE {schema}.meta SET value = '4' WHERE key = 'layout'")
    with pytest.raises(StoreError, match=f"CREATE on the schema {schema}, the table meta as its own"):
        refuse_unwritable(guest, NOW)
    postgres_server.sql(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO guest")
    with pytest.raises(StoreError, match=f"CREATE on the schema {schema}$"):
        refuse_unwritable(guest, NOW)


def test_a_server_that_takes_no_changes_and_a_schema_that_is_not_there_are_told_before_a_run(postgres_url: str) -> None:
    open_store(postgres_url, create=True, now=NOW)
    with pytest.raises(StoreError, match="takes no changes"):
        refuse_unwritable(f"{postgres_url}%20-cdefault_transaction_read_only%3Don", NOW)
    with pytest.raises(StoreError, match="no schema"):
        refuse_unwritable(f"{postgres_url}_not_made", NOW)


def test_a_lock_behind_a_pooler_that_shares_its_connections_is_refused(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    shared = store.place.session()
    with monkeypatch.context() as pooled:
        pooled.setattr(shared, "close", lambda: None)
        pooled.setattr(PostgresServer, "session", lambda _: shared)
        with store.lock("the holder"), pytest.raises(StoreError, match="shares its connections") as caught:
            store.mark_interrupted(NOW)
        with pytest.raises(StoreError, match="shares its connections"):
            refuse_unwritable(postgres_url, NOW)
    shared.close()
    assert caught.value.code == "store-pooler"


def test_the_server_misses_a_machine_that_lost_its_power_within_a_minute(postgres_url: str) -> None:
    session = PostgresServer(postgres_url).session()
    asked = "SELECT string_agg(setting, ' ' ORDER BY name) AS said FROM pg_settings WHERE name LIKE 'tcp_keepalives_%'"
    assert session.rows(asked, {"said": pl.String}).item() == "3 30 10"
    session.close()


def test_who_holds_the_lock_is_told_with_the_address_that_it_holds_it_from(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    with store.lock("20261015T070011Z-springfield-students-225b, process 4711 on a-machine-of-the-library"):
        assert str(store.held_by()).endswith(", from 127.0.0.1)")
        with pytest.raises(LockHeld, match=r", from 127\.0\.0\.1\)"), store.lock("another"):
            pass
