package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	tidyEvery = time.Minute
	// tidyAbove is how many archived tasks a queue may show an operator. Redis
	// cannot expire more than about 8,000 at once: asynq's script unpacks them as
	// arguments, and a queue that meets the limit archives nothing any more.
	tidyAbove = 500
)

// tidy empties archives that grow. Tasks get there only when a worker dies with
// them again and again; what they were to do is still due in the database.
func tidy(_ context.Context, q *queue, log *slog.Logger) error {
	all, err := q.all()
	if err != nil {
		return err
	}
	for _, info := range all {
		if info.Archived <= tidyAbove {
			continue
		}
		n, err := q.inspector.DeleteAllArchivedTasks(info.Name)
		if err != nil {
			return fmt.Errorf("empty the archive of %s: %w", info.Name, err)
		}
		log.Warn("emptied a queue's archive", "queue", info.Name, "tasks", n)
	}
	return nil
}
