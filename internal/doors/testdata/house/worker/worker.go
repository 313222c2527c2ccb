// Package worker is asynq.
package worker

import (
	_ "github.com/hibiken/asynq"
	_ "github.com/pengikut/pengikut/connectors" // want "small interfaces of its own"
	_ "github.com/pengikut/pengikut/influencer"
	_ "gorm.io/gorm" // want "only store may name it"
)

func init() {} // want "has an init function"

type queue struct{}

func (queue) init() {}
