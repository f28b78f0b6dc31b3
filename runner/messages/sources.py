"""Codes about a source that could not be read. Such a run fails before it reads a row."""

from __future__ import annotations

from runner.messages.explanation import Explanation

_UNTOUCHED = "The run failed before it read a row. Nothing was changed, and nobody was inactivated or deleted."


def _source(code: str, when: str, fix: str, detail: str, example: str) -> Explanation:
    return Explanation(code, "refused", when, _UNTOUCHED, fix, detail, example)


SOURCES: tuple[Explanation, ...] = (
    _source(
        "source-missing",
        "There is no such file or folder at the source.",
        "See whether the export ran, and compare the name with the one in the message, capitals included.",
        "A missing file is never an empty list. On many servers Patrons.csv and patrons.csv are two names; the message names the "
        "nearest one.",
        "The job says students.csv, and the folder has Students.csv.",
    ),
    _source(
        "source-denied",
        "The file or its folder may not be read by the account that the runner uses.",
        "Give that account the right to read the file and to enter its folders.",
        "The runner needs to read the file and to pass through each folder on the way to it. It never needs to write there.",
        "The export writes its files readable for its own account alone.",
    ),
    _source(
        "source-not-a-file",
        "The name leads to a folder, a link, a pipe or something else that is not a plain file.",
        "Name the file itself: the folder in `path`, the bare name in `file`.",
        "Links are not followed, for whoever can place a link could make the runner read any file of the machine.",
        "students.csv is a link to another folder's newest file.",
    ),
    _source(
        "source-too-big",
        "The file is larger than any patron file can be.",
        "See whether the export wrote the right file.",
        "The size is looked at before the first byte is read, so that a runaway export cannot fill the disk.",
        "The export ran in a loop and wrote 1 TB.",
    ),
    _source(
        "source-changing",
        "The file changed while it was read, or was still growing.",
        "Run the job later than the export ends. Best let the export write another name and rename the file when it is done.",
        "Half a file looks like half the school has left. So the file must be still while it is read, from the first byte to the last.",
        "The export takes from 01:55 to 02:05, and the job runs at 02:00.",
    ),
    _source(
        "source-short",
        "The server ended the file before its full length.",
        "Run the job again; if it happens again, have the file checked on the server.",
        "The length is compared with the one that the server named at the start. A file that was cut on the server meanwhile is not "
        "accepted.",
        "2 of 246 MB came.",
    ),
    _source(
        "source-unreadable",
        "The file is there and could not be read for a reason of the machine.",
        "Look at the disk, or at the network share that the folder lies on.",
        "The message gives the operating system's own words for the fault.",
        "The network share was away for a moment.",
    ),
    _source(
        "source-unsupported",
        "The job's source is of a type that this version cannot fetch from.",
        "Use `type: directory` or `type: sftp`.",
        "Each type of source is a module of the program. An older version may not know the type that a job names.",
        "`type: webdav`.",
    ),
    _source(
        "disk-full",
        "There is no room for a private copy of the file.",
        "Free some space where `var/` lies.",
        "Every file is copied before it is read, so that nobody can change it meanwhile. The copy goes when the run ends.",
        "200 MB are free, and the file has 220.",
    ),
    _source(
        "deadline",
        "The transfer took longer than `source.deadline`.",
        "Look at the line, or give the job a longer deadline.",
        "A transfer that crawls would hold up every other job. Within the deadline a broken transfer goes on where it stopped; past it "
        "nothing is kept of it.",
        "30 minutes passed with 80 of 220 MB.",
    ),
    _source(
        "network",
        "The server could not be reached, or the connection broke.",
        "See whether host and port are right, the server is up, and no firewall stands between. `runner doctor JOB` tries it.",
        "The run tries again as often as `source.retries` says, with pauses.",
        "The server was restarted at two in the morning.",
    ),
    _source(
        "host-unknown",
        "The name of the server is unknown.",
        "Correct the host in `source.url`, or this machine's name service.",
        "The name could not be turned into an address.",
        "`sis.exmaple.org`.",
    ),
    _source(
        "host-key-refused",
        "The server showed a key that the job does not trust.",
        "Ask the server's keeper whether the key was changed. If so, compare the fingerprint in the message with theirs, and put it "
        "into the job.",
        "The host key proves that the server is the right one. Another key may mean a new server or somebody in between; until a "
        "person has compared it, not even a login is tried.",
        "The server was set up anew last week and has new keys.",
    ),
    _source(
        "login-refused",
        "The server refused the login.",
        "Check the username, and the password or key. `runner doctor JOB` tries the login once.",
        "A refused login is not tried again, for repeated failures lock accounts.",
        "The password was changed on the server and not here.",
    ),
    _source(
        "no-common-encryption",
        "The server and this program know no way of encryption that both hold to be safe.",
        "Ask the server's keeper to bring the server up to date. `ssh -v HOST` shows what it offers.",
        "Old servers offer only ways that have been broken since, such as Diffie-Hellman group 1 and ssh-dss. They are not used, not even "
        "on request, for names and birth dates go over that line.",
        "The server is a box of 2009 that nobody has touched since.",
    ),
    _source(
        "login-unanswered",
        "The server neither took nor refused the login: it hung up, or did not answer in time.",
        "Look at the server's log. With `agent: true` let the agent hold the job's key only, or name `key_file` instead.",
        "It is not tried again within the run, for it may have been a refusal, and repeated ones lock accounts. An agent offers its keys "
        "one after the other, and many servers hang up at the sixth.",
        "The agent holds nine keys, and the job's is the last.",
    ),
    _source(
        "agent",
        "The job says `agent: true`, and the SSH agent is not there, holds no key, does not answer or does not sign.",
        "Start the agent, give it the key with `ssh-add`, and set `SSH_AUTH_SOCK` where the runner is started. Or name `key_file` instead.",
        "A daemon has the environment of whatever started it, not that of the person who logged in. The agent is asked before any "
        "connection is made.",
        "The daemon was started by systemd, which knows nothing of the agent in somebody's session.",
    ),
    _source(
        "no-sftp",
        "The server took the login and then did not speak SFTP.",
        "Ask the server's keeper to allow SFTP for this user, with no other command and no words of a login script before it.",
        "Host, port and login are right. A server can let a user log in and offer no file transfer, run a command of its own instead, or "
        "let a login script print a greeting, which is no SFTP.",
        "The account on the server has a `ForceCommand`.",
    ),
    _source(
        "key-file",
        "The private key cannot be used: missing, readable by others, locked with another passphrase, or of a kind that is not known.",
        "Correct `key_file` and `passphrase` in the job, and take the right to read from everybody else: `chmod 600 FILE`. In place of a "
        "key of another kind (DSA, Ed448) make one with `ssh-keygen -t ed25519`.",
        "A private key that others can read is no longer private, so it is not used, just as ssh itself would not.",
        "The key file has the mode 0644.",
    ),
    _source(
        "known-hosts",
        "The file of known host keys is missing or holds lines that are not understood.",
        "Correct the path, keep the server's plain lines only, or pin the key with `host_key` instead.",
        "Without the file, no server can be told from another, so none is trusted.",
        "The file has a line that begins with @cert-authority.",
    ),
    _source(
        "marker-missing",
        "The companion file that says the upload is finished is not there yet.",
        "See whether the sender writes it; its name comes from `source.complete` in the job.",
        "A marker or hash file that is written last is the surest sign of a finished upload.",
        "students.csv is there, students.csv.done is not.",
    ),
    _source(
        "marker-stale",
        "The companion file is older than the file that it speaks of.",
        "Let the sender write it after the file.",
        "A marker left from yesterday says nothing about today's upload.",
        "students.csv is from 01:58 today, students.csv.done from 01:59 yesterday.",
    ),
    _source(
        "hash-differs",
        "The file does not have the hash that its companion file gives.",
        "Wait until the upload has finished and run the job again; if it happens again, have the sender write both anew.",
        "The hash is a fingerprint of every byte. If it differs, the file is not the one that was sent.",
        "The upload of the file went on while the hash was there already.",
    ),
)
