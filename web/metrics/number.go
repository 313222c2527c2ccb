package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// number is what one series has in common with its like: name, help and labels.
type number struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) number {
	return number{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

// total is a number that only grows; its name ends in _total.
func total(name, help string, labels ...string) number {
	return number{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

// of is the series with these label values.
func (n number) of(value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(n.desc, n.kind, value, labels...)
}

func describe(out chan<- *prometheus.Desc, numbers ...number) {
	for _, n := range numbers {
		out <- n.desc
	}
}

// unix is a time in seconds since 1970, 0 for none.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
