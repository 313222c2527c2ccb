package store

func prepare(db interface{ AutoMigrate(...any) }) {
	db.AutoMigrate(person{}) // want "calls AutoMigrate"
}
