"""What a service says of itself at /metrics: how fast it answers, and how often it fails."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import DataError

REQUESTS, DURATION = "model_requests_total", "model_request_duration_seconds_bucket"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS = 10
LARGEST = 20_000_000  # bytes
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class ServiceFigures:
    """n_requests, n_failed : answered, and with a status of 500 or more; since the service started, or since
    an earlier look. buckets : {upper end in seconds: requests that took no longer}."""

    n_requests: float
    n_failed: float
    buckets: Mapping[float, float]

    @property
    def failed_share(self) -> float | None:
        return self.n_failed / self.n_requests if self.n_requests else None

    def seconds(self, quantile: float) -> float | None:
        """The time within which a share of the requests is answered; None without requests.

        Between the ends of a bucket it is interpolated, as Prometheus does; within the last one it is the end
        of that before.
        """
        ends = sorted(self.buckets)
        total = self.buckets[ends[-1]] if ends else 0
        if not total:
            return None
        below, low = 0.0, 0.0
        for end in ends:
            reached = self.buckets[end]
            if reached >= quantile * total:
                if end == float("inf"):
                    return low
                return low + (end - low) * (quantile * total - below) / max(reached - below, 1e-12)
            below, low = reached, end
        return low

    def since(self, earlier: ServiceFigures) -> ServiceFigures:
        """What came after an earlier look; all of it where the service was started anew in between."""
        if set(earlier.buckets) != set(self.buckets) or self._is_below(earlier):
            return self
        buckets = {end: n - earlier.buckets[end] for end, n in self.buckets.items()}
        return ServiceFigures(self.n_requests - earlier.n_requests, self.n_failed - earlier.n_failed, buckets)

    def _is_below(self, earlier):
        """Does any count stand lower than before? Counts only ever rise while a service runs."""
        counts = [(self.n_requests, earlier.n_requests), (self.n_failed, earlier.n_failed)]
        counts += [(n, earlier.buckets[end]) for end, n in self.buckets.items()]
        return any(now < before for now, before in counts)

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "n_requests": self.n_requests,
            "n_failed": self.n_failed,
            "buckets": {str(end): n for end, n in self.buckets.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> ServiceFigures | None:
        """Read back what `to_dict` gave; None for anything else."""
        try:
            buckets = {float(end): float(n) for end, n in dict(content["buckets"]).items()}  # type: ignore[call-overload]
            return cls(float(content["n_requests"]), float(content["n_failed"]), buckets)  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError):
            return None


def read_service_figures(place: str) -> ServiceFigures:
    """Read the text of /metrics from a file or from a URL of this machine.

    Raises DataError where it cannot be read, is another machine's, or holds no metrics of a model service.
    """
    text = _text(place)
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError as error:
        raise DataError(
            f"{error}. Reading metrics needs it: pip install 'model-development[serve]'"
        ) from error
    try:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    except ValueError as error:
        raise DataError(f"{place} is no text of metrics as Prometheus has it: {error}.") from error
    requests = [sample for sample in samples if sample.name == REQUESTS]
    buckets: dict[float, float] = {}
    for sample in samples:
        if sample.name == DURATION:
            end = float(sample.labels["le"])
            buckets[end] = buckets.get(end, 0.0) + sample.value
    if not requests and not buckets:
        raise DataError(f"{place} holds no `{REQUESTS}`: it is not what a model service says at /metrics.")
    failed = [sample for sample in requests if sample.labels.get("status", "").startswith("5")]
    return ServiceFigures(sum(s.value for s in requests), sum(s.value for s in failed), buckets)


def _text(place):
    parts = urlsplit(place)
    try:
        if parts.scheme not in ("http", "https"):
            return Path(place).read_text(encoding="utf-8")
        if parts.hostname not in LOOPBACK:
            raise DataError(f"`--metrics` takes a file or a URL of this machine, not {parts.hostname}.")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this machine
        with opener.open(place, timeout=SECONDS) as answer:
            return answer.read(LARGEST).decode("utf-8")
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"The metrics at {place} cannot be read: {getattr(error, 'reason', error)}."
        ) from error
