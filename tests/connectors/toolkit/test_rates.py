from gateway.connectors.toolkit.rates import Bucket, backoff_ms


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    bucket, now, moments = Bucket(2, 3), 1_000_000, []
    for _ in range(6):
        now = max(now, int(bucket.ready_at(now)))
        bucket.take(now)
        moments.append(now - 1_000_000)
    assert moments == [0, 0, 0, 500, 1000, 1500]


def test_a_bucket_that_was_left_alone_is_full_again() -> None:
    bucket = Bucket(1, 2)
    bucket.take(0)
    bucket.take(0)
    assert bucket.ready_at(0) == 1000
    assert bucket.ready_at(60_000) <= 60_000
    bucket.take(60_000)
    assert bucket.ready_at(60_000) <= 60_000


def test_a_rate_of_zero_is_no_limit() -> None:
    bucket = Bucket(0, 1)
    for _ in range(1000):
        bucket.take(5)
    assert bucket.ready_at(5) <= 5


def test_a_clock_that_jumps_back_blocks_no_longer_than_a_full_bucket() -> None:
    bucket = Bucket(1, 2)
    for _ in range(2):
        bucket.take(3_600_000)
    assert bucket.ready_at(0) <= 1000


def test_the_wait_doubles_to_a_minute_and_chance_shortens_it_by_a_half_at_most() -> None:
    assert [backoff_ms(n, 0.0) for n in range(1, 9)] == [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]
    assert backoff_ms(10_000, 0.0) == 60_000
    assert backoff_ms(3, 0.999) >= 2000
    assert backoff_ms(0, 0.0) == 1000
