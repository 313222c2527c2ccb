package main

import (
	"time"

	"github.com/pengikut/pengikut/worker"
)

const (
	countEvery   = time.Minute
	countTimeout = 10 * time.Minute
)

// countJobs count everything for summaries and dashboards, in one process of all.
func (h *house) countJobs() []worker.Job {
	return []worker.Job{{Name: "count-totals", Every: countEvery, Timeout: countTimeout, Run: h.store.RefreshTotals}}
}
