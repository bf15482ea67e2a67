"""Known-bad variants of the gateway's own code, and the tests that each of them must fail.

Every one is a mistake that this kind of program makes somewhere. The old text must stand in its file exactly once, so
that whoever rewrites that place is asked here whether the new one is still guarded.
"""

from msgspec import Struct

INTAKE = "tests/streams/test_intake.py"
OWNERSHIP = "tests/streams/test_ownership.py"
OUTBOX = "tests/streams/test_outbox.py"
REJECTIONS = "tests/streams/test_rejections.py"
STOPS = "tests/router/test_owner_stops.py"
OWNER = "tests/router/test_owner.py"
WEBHOOKS = "tests/connectors/runtime/test_webhook_server.py"
POLLER = "tests/connectors/runtime/test_poller.py"
SENDER = "tests/connectors/runtime/test_sender.py"
HTTP = "tests/connectors/toolkit/test_http.py"
RECORDER = "tests/archive/test_recorder.py"
WORDS = "tests/router/rules/test_words_play.py"


class Variant(Struct, frozen=True):
    """One mistake. `caught`: a test's id, and what its failure must say, so that it fails for the right reason."""

    name: str
    file: str
    old: str
    new: str
    caught: dict[str, str]


VARIANTS = [
    Variant(
        "remember before add",
        "gateway/streams/receive.lua",
        "    entry = redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', 'p', ARGV[at + 6])\n"
        "    redis.call('HSET', KEYS[first], digest, entry)\n",
        "    redis.call('HSET', KEYS[first], digest, '1-0')\n"
        "    entry = redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', 'p', ARGV[at + 6])\n"
        "    redis.call('HSET', KEYS[first], digest, entry)\n",
        {f"{INTAKE}::test_nothing_is_remembered_of_what_could_not_be_added": "['repeated'] == ['stored']"},
    ),
    Variant(
        "MAXLEN on an inbox's XADD",
        "gateway/streams/receive.lua",
        "KEYS[tonumber(ARGV[at])], '*', 'p'",
        "KEYS[tonumber(ARGV[at])], 'MAXLEN', '~', 10000, '*', 'p'",
        {f"{OWNERSHIP}::test_no_stream_but_of_hints_and_live_logs_is_ever_cut_by_its_length": "receive.lua"},
    ),
    Variant(
        "MAXLEN on the journal's XADD",
        "gateway/router/plan.py",
        '("XADD", keys.journal, f"{number}-0", "p", encode(recorded))',
        '("XADD", keys.journal, "MAXLEN", 100_000, f"{number}-0", "p", encode(recorded))',
        {f"{OWNERSHIP}::test_no_stream_but_of_hints_and_live_logs_is_ever_cut_by_its_length": "plan.py"},
    ),
    Variant(
        "200 before write",
        "gateway/connectors/runtime/webhook_server.py",
        "        await store(context, new, seconds=STORE_SECONDS)\n",
        "        asyncio.gather(store(context, new, seconds=STORE_SECONDS), return_exceptions=True)\n",
        {f"{WEBHOOKS}::test_what_redis_will_not_store_is_not_acknowledged": "200 == 503"},
    ),
    Variant(
        "offset before store",
        "gateway/connectors/runtime/poller.py",
        "                await self._keep(batch)\n"
        "                if batch.cursor is not None:\n"
        "                    cursor = batch.cursor\n"
        "                    await self._remember(lease, batch.cursor)\n",
        "                if batch.cursor is not None:\n"
        "                    cursor = batch.cursor\n"
        "                    await self._remember(lease, batch.cursor)\n"
        "                await self._keep(batch)\n",
        {f"{POLLER}::test_no_cursor_is_kept_for_what_a_full_memory_does_not_take": "'1' is None"},
    ),
    Variant(
        "cursor before commit",
        "gateway/streams/commit.lua",
        "local at = last + 1\n",
        "for at = 4, last, 3 do redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 2]) end\nlocal at = last + 1\n",
        {f"{OWNERSHIP}::test_a_command_that_redis_refuses_leaves_the_cursor_where_it_was": "'5-0'} == {}"},
    ),
    Variant(
        "half a commit",
        "gateway/streams/commit.lua",
        "  may(ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])])\n",
        "",
        {
            f"{REJECTIONS}::test_a_key_of_another_type_is_found_before_anything_is_written[commit]": (
                "no commit has finished"
            )
        },
    ),
    Variant(
        "a newer entry taken for a broken one",
        "gateway/model/codec.py",
        "            if _UNKNOWN.match(str(error)):\n",
        "            if False:\n",
        {f"{STOPS}::test_the_owner_stops_at_what_a_newer_gateway_wrote_and_handles_all_before_it[a tag]": "Timeout"},
    ),
    Variant(
        "the archive's cursor before its commit",
        "gateway/archive/recorder.py",
        "                    await self._writer.write(entries)\n"
        "                    await report_archive(self._store, self._writer.position)\n",
        "                    await report_archive(self._store, entries[-1][0])\n"
        "                    await self._writer.write(entries)\n",
        {f"{RECORDER}::test_only_what_is_durable_is_told": "6 == 0"},
    ),
    Variant(
        "no fencing of the owner",
        "gateway/streams/commit.lua",
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end\n",
        "",
        {f"{OWNERSHIP}::test_an_owner_that_was_paused_cannot_commit_when_it_wakes": "DID NOT RAISE LostLease"},
    ),
    Variant(
        "no fencing of the sender's intent",
        "gateway/streams/begin.lua",
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end\n",
        "",
        {f"{OUTBOX}::test_a_sender_that_was_paused_begins_nothing": "DID NOT RAISE LostLease"},
    ),
    Variant(
        "no fencing of the sender's result",
        "gateway/streams/settle.lua",
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end\n",
        "",
        {f"{OUTBOX}::test_a_sender_that_was_paused_settles_nothing": "DID NOT RAISE LostLease"},
    ),
    Variant(
        "retry inside retry_after",
        "gateway/connectors/runtime/retries.py",
        "        until = now + int(error.after * 1000)\n",
        "        until = now\n",
        {f"{SENDER}::test_nothing_goes_inside_the_time_that_was_asked_for": "'one', 'two'] == ['one']"},
    ),
    Variant(
        'timeout taken for "not sent"',
        "gateway/connectors/toolkit/http.py",
        "                if trace.written:\n",
        "                if trace.written and not isinstance(error, TimeoutError):\n",
        {f"{HTTP}::test_a_lost_or_late_answer_may_have_been_accepted": "TryLater: 127.0.0.1: no answer in time"},
    ),
    Variant(
        'a lost answer taken for "not sent"',
        "gateway/connectors/runtime/delivery.py",
        "            return await self._reconcile(key, work, str(error))\n",
        "            return await self._later(key, work, TryLater(str(error), after=0.0))\n",
        {f"{SENDER}::test_a_lost_answer_ends_as_unknown_and_nothing_is_sent_twice": "SENT"},
    ),
    Variant(
        "dedupe of one second",
        "gateway/streams/intake.py",
        "                (keep[offer.account] + 2) * DAY_MS // 1000,\n",
        "                1,\n",
        {f"{INTAKE}::test_what_is_remembered_goes_by_itself_but_not_before_its_time": "(3 * 86400) < 1"},
    ),
    Variant(
        "healthy entries counted out",
        "gateway/router/owner.py",
        "        for inbox, entry, payload in entries:\n"
        "            lease.check()\n"
        "            times = await ownership.begin_careful(self._store, lease, inbox, entry)\n",
        "        began = {one[:2]: await ownership.begin_careful(self._store, lease, *one[:2]) for one in entries}\n"
        "        for inbox, entry, payload in entries:\n"
        "            lease.check()\n"
        "            times = began[inbox, entry]\n",
        {f"{OWNER}::test_an_entry_that_kills_its_owner_takes_no_healthy_one_with_it": "inbox:sales"},
    ),
    Variant(
        "rows of a failed batch kept",
        "gateway/router/owner.py",
        '                log.warning("a batch of %d entries failed; going entry by entry", len(entries))\n'
        "                self._rows = await self._loader.desk()\n",
        '                log.warning("a batch of %d entries failed; going entry by entry", len(entries))\n',
        {f"{OWNER}::test_rows_at_hand_of_a_batch_that_raised_are_let_go": "== 3"},
    ),
    Variant(
        "rows of an earlier ownership kept",
        "gateway/router/owner.py",
        "        self._rows = await self._loader.desk()\n        log.info",
        "        self._rows = self._rows if self._rows.lines else await self._loader.desk()\n        log.info",
        {f"{OWNER}::test_rows_at_hand_do_not_outlive_the_lease": "== 3"},
    ),
    Variant(
        "a word for whoever was chosen last, though another client has written since",
        "gateway/router/rules/recipient.py",
        "    return _own(rows, me, me.current) if is_plain(me) else None\n",
        "    return _own(rows, me, me.current)\n",
        {f"{WORDS}::test_none_of_two_thousand_words_reaches_anybody_else[1]": "the bot should have asked"},
    ),
    Variant(
        "a reply-to that changes nothing about whom the next word is for",
        "gateway/router/rules/replies.py",
        "    return [*said, *(focus_changes(me, dialog) if command.dialog is not None else ())]\n",
        "    return said\n",
        {
            f"{WORDS}::test_none_of_two_thousand_words_reaches_anybody_else[1]": "слово",
            "tests/router/rules/test_recipient.py::"
            "test_who_was_answered_by_reply_to_is_the_current_one_from_then_on": "['3'] == ['2']",
        },
    ),
]
