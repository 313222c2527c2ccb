package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/pengikut/pengikut/influencer"
)

// The queues. Each platform has two of its own, so that a slow platform fills
// only its own slots.
const (
	queuePlan = "plan" // plans alone: they are short and everything waits for them
	queueJobs = "jobs" // the other periodic work
)

func queueSync(p influencer.Platform) string   { return "sync-" + string(p) }
func queueManual(p influencer.Platform) string { return "manual-" + string(p) }

func queueOf(ref influencer.BatchRef) string {
	if ref.Purpose == influencer.PurposeManual {
		return queueManual(ref.Platform)
	}
	return queueSync(ref.Platform)
}

const (
	planPrefix = "plan:"
	syncPrefix = "sync:"
)

// syncRetries is how often asynq brings a sync task back, after an error of the
// database or a worker's death. More is not needed: the lease runs out and the
// batch is claimed anew.
const syncRetries = 2

// order is a sync task's payload: one claimed batch.
type order struct {
	ID       int64               `json:"id"`
	Platform influencer.Platform `json:"platform"`
	Fence    int64               `json:"fence"`
	Purpose  influencer.Purpose  `json:"purpose"`
	Size     int                 `json:"size"`
	More     bool                `json:"more,omitempty"`  // plan again when this one is done
	Probe    bool                `json:"probe,omitempty"` // sent alone, to learn whether the platform is back
}

func orderOf(ref influencer.BatchRef) order {
	return order{ID: ref.ID, Platform: ref.Platform, Fence: ref.Fence, Purpose: ref.Purpose, Size: ref.Size}
}

func (o order) ref() influencer.BatchRef {
	return influencer.BatchRef{ID: o.ID, Platform: o.Platform, Fence: o.Fence, Purpose: o.Purpose, Size: o.Size}
}

// task has no retention: a batch that is done needs no guard against a second
// task, the fence is one.
func (o order) task(timeout time.Duration) (*asynq.Task, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("write order: %w", err)
	}
	return asynq.NewTask(syncPrefix+string(o.Platform), body,
		asynq.TaskID(fmt.Sprintf("sync:%d:%d", o.ID, o.Fence)),
		asynq.Queue(queueOf(o.ref())),
		asynq.MaxRetry(syncRetries),
		asynq.Timeout(wholeSeconds(timeout))), nil
}

func readOrder(body []byte) (order, error) {
	var o order
	if err := json.Unmarshal(body, &o); err != nil {
		return order{}, fmt.Errorf("read order: %w", err)
	}
	if o.ID == 0 || o.Platform == "" {
		return order{}, errors.New("read order: no batch named")
	}
	return o, nil
}

// planTask orders one plan of a platform. The id names its cause, so that
// several processes with the same cause make one task.
func planTask(p influencer.Platform, cause string, timeout, retention time.Duration) *asynq.Task {
	return asynq.NewTask(planPrefix+string(p), nil,
		asynq.TaskID(planPrefix+string(p)+":"+cause),
		asynq.Queue(queuePlan),
		asynq.MaxRetry(1), // for a worker that died; a plan that failed is not repeated, the next slot is
		asynq.Timeout(wholeSeconds(timeout)),
		asynq.Retention(wholeSeconds(retention)))
}

func platformOf(taskType string) influencer.Platform {
	_, p, _ := strings.Cut(taskType, ":")
	return influencer.Platform(p)
}

// wholeSeconds rounds up: asynq cuts to seconds, and 0 means "for ever" or "not
// at all" to it.
func wholeSeconds(d time.Duration) time.Duration {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second))
}
