package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/influencer"
)

// queue is the producing and looking side of asynq.
type queue struct {
	client      *asynq.Client
	inspector   *asynq.Inspector
	taskTimeout time.Duration // of sync tasks and plans
}

func newQueue(c redis.UniversalClient, taskTimeout time.Duration) *queue {
	return &queue{asynq.NewClientFromRedisClient(c), asynq.NewInspectorFromRedisClient(c), taskTimeout}
}

// put enqueues a task. One that is there already is as good.
func (q *queue) put(ctx context.Context, t *asynq.Task) error {
	_, err := q.client.EnqueueContext(ctx, t)
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) && !errors.Is(err, asynq.ErrDuplicateTask) {
		return fmt.Errorf("enqueue %s: %w", t.Type(), err)
	}
	return nil
}

func (q *queue) plan(ctx context.Context, p influencer.Platform, cause string, retention time.Duration) error {
	return q.put(ctx, planTask(p, cause, q.taskTimeout, retention))
}

func (q *queue) sync(ctx context.Context, o order) error {
	t, err := o.task(q.taskTimeout)
	if err != nil {
		return err
	}
	return q.put(ctx, t)
}

// waiting counts the tasks of a queue that no worker has begun. Active ones do
// not count: asynq can leave one behind for ever that nobody works on, and a
// bound that counts it would shrink for ever.
func (q *queue) waiting(name string) (int, error) {
	names, err := q.inspector.Queues() // asked first: GetQueueInfo has no error that says "no such queue"
	if err != nil {
		return 0, fmt.Errorf("list queues: %w", err)
	}
	if !slices.Contains(names, name) {
		return 0, nil
	}
	info, err := q.inspector.GetQueueInfo(name)
	if err != nil {
		return 0, fmt.Errorf("look at queue %s: %w", name, err)
	}
	return info.Pending + info.Retry + info.Scheduled, nil
}

// stillWaits tells whether a task is in its queue and no worker has begun it.
func (q *queue) stillWaits(name, id string) bool {
	info, err := q.inspector.GetTaskInfo(name, id)
	return err == nil && info.State != asynq.TaskStateActive && info.State != asynq.TaskStateCompleted &&
		info.State != asynq.TaskStateArchived
}

// QueueInfo is what waits and what is under way in one queue.
type QueueInfo struct {
	Name     string
	Pending  int           // waits for a free worker
	Active   int           // is being worked on
	Retry    int           // waits to be tried again
	Archived int           // given up by the queue; the database knows what is to be done
	Latency  time.Duration // age of the oldest pending task
	Paused   bool
}

// Queues lists the queues that hold or held tasks, by name. The error is
// Redis's.
func Queues(ctx context.Context, c redis.UniversalClient) ([]QueueInfo, error) {
	if err := c.Ping(ctx).Err(); err != nil { // the inspector takes no context; this bounds the usual trouble
		return nil, fmt.Errorf("look at queues: %w", err)
	}
	return newQueue(c, 0).all()
}

func (q *queue) all() ([]QueueInfo, error) {
	names, err := q.inspector.Queues()
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	slices.Sort(names)
	var all []QueueInfo
	for _, name := range names {
		info, err := q.inspector.GetQueueInfo(name)
		if err != nil {
			return nil, fmt.Errorf("look at queue %s: %w", name, err)
		}
		all = append(all, QueueInfo{Name: name, Pending: info.Pending, Active: info.Active, Retry: info.Retry + info.Scheduled,
			Archived: info.Archived, Latency: info.Latency, Paused: info.Paused})
	}
	return all, nil
}
