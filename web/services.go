package web

// Services are what the routes of the API need of others, noun by noun. A noun
// that is left out has no routes.
type Services struct {
	People People
}

// register fills the table of routes: one line a noun.
func (a *api) register(s Services) {
	if s.People != nil {
		a.peopleRoutes(s.People)
	}
}
