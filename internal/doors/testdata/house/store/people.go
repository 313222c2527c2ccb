// Package store is gorm.
package store

import (
	_ "github.com/hibiken/asynq"         // want "only worker may name it"
	_ "github.com/pengikut/pengikut/web" // want "must not know the rule's users"
	"gorm.io/gorm"
)

type person struct{ Name string }

func bad(db *gorm.DB, p *person, values map[string]any) {
	db.Save(p)                           // want "calls Save"
	db.AutoMigrate(p)                    // want "calls AutoMigrate"
	db.Updates(p)                        // want "calls Updates"
	db.Updates(person{Name: "x"})        // want "calls Updates"
	db.UpdateColumns(&person{Name: "x"}) // want "calls UpdateColumns"
	db.Where(person{Name: "x"})          // want "calls Where"
	db.Where(&person{Name: "x"})         // want "calls Where"
	filter := &person{}
	db.Where(filter).Or(person{}) // want "calls Where" "calls Or"
	db.Where("name = ?", p.Name).Updates(map[string]any{"name": ""})
	db.Where([]int64{1, 2}).Updates(values)
	set := map[string]any{}
	db.Updates(set)
	made := make(map[string]any)
	db.Updates(made)
	var typed map[string]any
	db.Updates(typed)
}
