package simulator

import (
	"encoding/csv"
	"fmt"
	"io"
)

// WriteCSV writes the first n people, one row per platform named, in the form
// that `pengikut import` reads: nip, name, agency, unit, platform, handle,
// external_id. The id is given for Facebook alone, which answers no question
// about a person's handle; elsewhere the first good read must find it.
func (p *Population) WriteCSV(w io.Writer, n int, platforms ...Platform) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"nip", "name", "agency", "unit", "platform", "handle", "external_id"})
	for person := range p.People(n) {
		for _, pf := range platforms {
			_ = out.Write(p.row(person, pf)) // the writer keeps its first error for Error
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing people: %w", err)
	}
	return nil
}

func (p *Population) row(person Person, pf Platform) []string {
	id := ""
	if pf == Facebook {
		id = fmt.Sprint(p.ID(pf, person.Index))
	}
	return []string{person.NIP, person.Name, person.Agency, person.Unit, string(pf), p.Handle(pf, person.Index), id}
}
