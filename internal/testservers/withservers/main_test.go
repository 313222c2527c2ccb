package main

import "testing"

func TestTheProgramFindsBothServersAndItsExitCodeIsPassedOn(t *testing.T) {
	t.Parallel()
	const script = `case $PENGIKUT_DATABASE_URL in postgres://*/pengikut*) ;; *) exit 4 ;; esac
[ "${#PENGIKUT_SECRET_KEY}" -ge 32 ] || exit 6
case $PENGIKUT_REDIS_URL in redis://*) exit 3 ;; *) exit 5 ;; esac`
	if code, err := run([]string{"sh", "-c", script}); code != 3 || err != nil {
		t.Errorf("exit code %d (%v), want 3", code, err)
	}
}

func TestAProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	if code, err := run([]string{"/no/such/program"}); code != 1 || err == nil {
		t.Errorf("exit code %d (%v), want 1 and an error", code, err)
	}
}
