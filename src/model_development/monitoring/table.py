"""The table of monitors. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from .business import watch_business
from .data_quality import watch_quality
from .drift import watch_data, watch_predictions
from .monitor import Monitor
from .performance import watch_performance
from .service import watch_service
from .slices import watch_slices

PERFORMANCE = "performance"

MONITORS = {
    row.name: row
    for row in (
        Monitor(name=PERFORMANCE, title="Performance on labelled rows", run=watch_performance),
        Monitor(name="slices", title="Performance within small categories", run=watch_slices),
        Monitor(name="business", title="Business figures", run=watch_business),
        Monitor(name="data_quality", title="Quality of the rows", run=watch_quality),
        Monitor(name="data_drift", title="Drift of the rows", run=watch_data),
        Monitor(name="prediction_drift", title="Drift of the predictions", run=watch_predictions),
        Monitor(name="service", title="Service", run=watch_service),
    )
}
