package main

import (
	"context"
	"time"

	"github.com/pengikut/pengikut/worker"
)

const (
	policyEvery   = time.Minute
	policyTimeout = 30 * time.Minute // deciding a million people takes minutes
)

// policyJobs puts policies in force when their date has come, and finishes deciding
// that was cut short. It runs once a slot over all processes; the database sees to
// it that a date is kept once even so.
func (h *house) policyJobs() []worker.Job {
	return []worker.Job{{Name: "policies-due", Every: policyEvery, Timeout: policyTimeout, Run: func(ctx context.Context) error {
		applied, err := h.store.ApplyDue(ctx, h.now())
		for _, v := range applied {
			h.log.Info("policy in force", "version", v.Version.Policy.Version, "author", v.Version.Author, "held", v.Held)
		}
		return err
	}}}
}
