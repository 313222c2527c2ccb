package store

import (
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// loadImport starts a plan with all that the rows name. seen holds the people of
// earlier chunks.
func loadImport(tx *gorm.DB, rows []influencer.Row, seen idSet) (*importPlan, error) {
	plan := newImportPlan()
	if err := loadImportPeople(tx, plan, rows, seen); err != nil {
		return nil, err
	}
	var platforms, keys, pinnedOn, ids []string
	for _, r := range rows {
		platforms, keys = append(platforms, string(r.Platform)), append(keys, foldHandle(r.Handle))
		if r.ExternalID != "" {
			pinnedOn, ids = append(pinnedOn, string(r.Platform)), append(ids, r.ExternalID)
		}
	}
	handles := new(rowSet).texts("platform", platforms).texts("handle_key", keys)
	pinned := new(rowSet).texts("platform", pinnedOn).texts("external_id", ids)
	for _, by := range []struct {
		set   *rowSet
		match string
	}{
		{handles, "a.handle_key = t.handle_key"},
		{handles, "lower(a.handle) = t.handle_key AND lower(a.handle) <> a.handle_key"},
		{pinned, "a.external_id = t.external_id AND a.external_id <> ''"},
	} {
		if by.set.len() == 0 {
			continue
		}
		if err := loadImportAccounts(tx, plan, by.set, by.match); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

func loadImportPeople(tx *gorm.DB, plan *importPlan, rows []influencer.Row, seen idSet) error {
	nips := make([]string, 0, len(rows))
	for i, r := range rows {
		if i == 0 || r.NIP != rows[i-1].NIP {
			nips = append(nips, string(r.NIP))
		}
	}
	found, err := tx.Raw("SELECT id, nip, name, agency, unit FROM people WHERE nip ?", anyOf(tx, nips)).Rows()
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var p importPerson
		if err := found.Scan(&p.ID, &p.NIP, &p.was.Name, &p.was.Agency, &p.was.Unit); err != nil {
			return err
		}
		p.personFields, p.earlier = p.was, seen.has(p.ID)
		plan.people[p.NIP] = &p
	}
	return found.Err()
}

func loadImportAccounts(tx *gorm.DB, plan *importPlan, set *rowSet, match string) error {
	found, err := tx.Raw(`SELECT a.id, a.person_id, a.platform, a.handle_key, a.handle, a.external_id, a.state
		FROM ? JOIN accounts a ON a.platform = t.platform AND `+match, set.as(tx, "t")).Rows()
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var a importAccount
		if err := found.Scan(&a.ID, &a.PersonID, &a.Platform, &a.HandleKey, &a.Handle, &a.ExternalID, &a.State); err != nil {
			return err
		}
		a.wasHandle, a.wasID = a.Handle, a.ExternalID
		if plan.accounts[accountKey{a.Platform, a.HandleKey}] == nil {
			plan.know(&a)
		}
	}
	return found.Err()
}

func insertPeople(tx *gorm.DB, named []*importPerson, at time.Time) error {
	byNIP := map[influencer.NIP]*importPerson{}
	var nips, names, agencies, units []string
	for _, p := range named {
		if p.fresh() {
			byNIP[p.NIP] = p
			nips, names = append(nips, string(p.NIP)), append(names, p.Name)
			agencies, units = append(agencies, p.Agency), append(units, p.Unit)
		}
	}
	if len(nips) == 0 {
		return nil
	}
	set := new(rowSet).texts("nip", nips).texts("name", names).texts("agency", agencies).texts("unit", units)
	added, err := tx.Raw(`INSERT INTO people (nip, name, agency, unit, created_at, updated_at)
		SELECT t.nip, t.name, t.agency, t.unit, ?, ? FROM ? RETURNING id, nip`,
		at.UnixMicro(), at.UnixMicro(), set.as(tx, "t")).Rows()
	if err != nil {
		return err
	}
	defer added.Close()
	for added.Next() {
		var id int64
		var nip influencer.NIP
		if err := added.Scan(&id, &nip); err != nil {
			return err
		}
		byNIP[nip].ID, byNIP[nip].added = id, true
	}
	return added.Err()
}

func updatePeople(tx *gorm.DB, named []*importPerson, at time.Time) error {
	var ids []int64
	var names, agencies, units []string
	for _, p := range named {
		if p.changed() {
			ids, names = append(ids, p.ID), append(names, p.Name)
			agencies, units = append(agencies, p.Agency), append(units, p.Unit)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	set := new(rowSet).ints("id", ids).texts("name", names).texts("agency", agencies).texts("unit", units)
	return tx.Exec(`UPDATE people SET name = t.name, agency = t.agency, unit = t.unit, updated_at = ?
		FROM ? WHERE people.id = t.id`, at.UnixMicro(), set.as(tx, "t")).Error
}

func insertAccounts(tx *gorm.DB, accounts []*importAccount, at time.Time) error {
	if len(accounts) == 0 {
		return nil
	}
	owners := make([]int64, len(accounts))
	columns := make([][]string, 4)
	for i, a := range accounts {
		owners[i] = a.owner.ID
		for c, v := range []string{string(a.Platform), a.HandleKey, a.Handle, a.ExternalID} {
			columns[c] = append(columns[c], v)
		}
	}
	set := new(rowSet).ints("person_id", owners).texts("platform", columns[0]).texts("handle_key", columns[1]).
		texts("handle", columns[2]).texts("external_id", columns[3])
	err := tx.Exec(`INSERT INTO accounts (person_id, platform, handle_key, handle, external_id, state_since, created_at)
		SELECT t.person_id, t.platform, t.handle_key, t.handle, t.external_id, ?, ? FROM ?`,
		at.UnixMicro(), at.UnixMicro(), set.as(tx, "t")).Error
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO schedule (account_id, platform, due_at)
		SELECT a.id, a.platform, ? FROM ? JOIN accounts a ON a.platform = t.platform AND a.handle_key = t.handle_key
		JOIN people p ON p.id = a.person_id AND p.left_why = ''`,
		at.UnixMicro(), set.as(tx, "t")).Error
}

// updateAccounts pins and renames, and makes what it touched due. A read may have
// pinned or renamed an account since the plan looked: then the plan is made anew.
func updateAccounts(tx *gorm.DB, accounts []*importAccount, at time.Time) error {
	if len(accounts) == 0 {
		return nil
	}
	ids := make([]int64, len(accounts))
	columns := make([][]string, 4)
	for i, a := range accounts {
		ids[i] = a.ID
		for c, v := range []string{a.Handle, a.ExternalID, a.wasHandle, a.wasID} {
			columns[c] = append(columns[c], v)
		}
	}
	set := new(rowSet).ints("id", ids).texts("handle", columns[0]).texts("external_id", columns[1]).
		texts("was_handle", columns[2]).texts("was_id", columns[3])
	done := tx.Exec(`UPDATE accounts SET handle = t.handle, external_id = t.external_id FROM ?
		WHERE accounts.id = t.id AND accounts.handle = t.was_handle AND accounts.external_id = t.was_id`, set.as(tx, "t"))
	if done.Error != nil {
		return done.Error
	}
	if done.RowsAffected != int64(len(accounts)) {
		return errRunAgain
	}
	return makeDue(tx, ids, at)
}
