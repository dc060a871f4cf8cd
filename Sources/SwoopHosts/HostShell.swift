// A shell on a host behind whatever the user's start-up files do. Those run before any command of
// ours: they may print a lot, read what was meant for us, start another shell in our place, or end
// with it. So the command says when it begins; until then it is sent nothing that matters.

import Glibc
import SwoopLaunching

/// A shell of ours that reads a script, started through the user's own shell.
enum HostShell {
    /// The line that it begins with.
    static let ready = "swoop-shell ready"
    /// What it says on its error output where its output goes into a file.
    private static let unheard = "swoop-shell unheard"
    /// The line from which on its input counts.
    private static let begin = "swoop-shell begin"

    /// The command line, for the user's shell, whichever that is: one line, and nothing in it that
    /// somebody chose.
    ///
    /// Where start-up files exported what changes the usual tools (functions of their names,
    /// options, folders for `cd`, a path without them), those are as they always were. Where the
    /// line that is waited for does not come, another shell has done the work: one that a start-up
    /// file ran before this one.
    static let command =
        "exec /bin/sh -c '"
        + "unset -f cd echo printf read command umask rm mv mkdir tar gzip wc 2>/dev/null; "
        + "unset CDPATH GZIP TAR_OPTIONS POSIXLY_CORRECT; set +eufCvx; "
        + "PATH=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin; export PATH; "
        + "[ -p /dev/fd/1 ] || [ -S /dev/fd/1 ] || echo \"\(unheard)\" >&2; "
        + "echo; echo \"\(ready)\"; "
        + "while IFS= read -r l && [ \"$l\" != \"\(begin)\" ]; do :; done; "
        + "[ \"$l\" = \"\(begin)\" ] || exit 0; \(ProbeScript.reading)'"

    /// Lines that start-up files may read; and the command, for a shell that they start in place of
    /// ours and that reads commands there.
    private static func bait(_ command: String) -> String {
        String(repeating: "\n", count: 8) + String(repeating: command + "\n", count: 4)
    }

    /// What may keep a shell from beginning.
    private static func suspicion(of prolog: String) -> String {
        // Whatever its shell is: this word means the same in all of them.
        let words = prolog.split { " \t\n;&|(){}".contains($0) }
        if let place = words.firstIndex(of: "exec") {
            let isRedirection = words[(place + 1)...].first.map { word in
                word.drop { $0.isNumber }.first.map { "<>&".contains($0) } ?? false
            }
            return isRedirection ?? true
                ? "its prolog says exec with a redirection: where that is of the output, nothing "
                    + "of what runs there is heard; redirect single commands instead"
                : "its prolog says exec, which puts a command in the place of the shell that was "
                    + "to start the agent: leave the word out"
        }
        let suspects = prolog.isEmpty ? "" : "its prolog or "
        return "\(suspects)start-up files such as ~/.bashrc may read input or never end"
    }

    /// Starts one; a script and its input are what is written to it from now on.
    ///
    /// A channel that has ended is one whose shell ended first: its output says why.
    ///
    /// - Parameter prolog: lines for the user's own shell, run before; each with its end.
    static func open(
        after prolog: String = "", on session: SSHSession
    ) throws(HostError) -> SSHChannel {
        let doing = session.wait.doing
        session.wait.doing = "waiting for a shell there; " + suspicion(of: prolog)
        let channel = try SSHChannel(session, command: prolog + command)
        guard try channel.write(Array(bait(prolog + command).utf8)) else { return channel }
        try waitUntilReady(channel, on: session, after: prolog)
        if channel.isEnded { return channel }
        session.wait.doing = doing
        _ = try channel.write(Array((begin + "\n").utf8))
        return channel
    }

    /// Reads what it prints until it says that it is ready, or it has ended.
    ///
    /// Two things show before the time is over: a program in our shell's place prints what it is
    /// sent; or our shell is there, and its output goes elsewhere.
    private static func waitUntilReady(
        _ channel: SSHChannel, on session: SSHSession, after prolog: String
    ) throws(HostError) {
        let (mark, echo) = (Array(ready.utf8)[...], Array(command.utf8)[...])
        let silent = Array(unheard.utf8)[...]
        let place = prolog.isEmpty ? "a start-up file such as ~/.bashrc" : "its prolog or ~/.bashrc"
        var guess: String?
        while true {
            let lines = channel.output.takeLines()
            if lines.contains(mark) || channel.isEnded { return }
            if lines.contains(echo) {
                guess =
                    "no shell of ours is there, but a program that prints what it reads: \(place) "
                    + "says exec, or begins one that does not end."
            } else if (lines + channel.errorOutput.takeLines()).contains(silent) {
                // Of the two streams the other one may have been put in its place.
                guess =
                    "nothing that runs there is heard: \(place) sends the output of all that "
                    + "follows elsewhere (exec >file): redirect single commands instead."
            }
            guard try !channel.read(), !channel.isEnded else { continue }
            guard let guess else {
                try session.waitForSocket()
                continue
            }
            if session.hasTakenBytes() { continue }
            var items = [pollfd(fd: session.descriptor, events: Int16(POLLIN), revents: 0)]
            guard try session.wait.wait(for: &items, atMost: quiet) else {
                throw session.wait.error(guess)
            }
        }
    }

    /// What looked wrong and goes on all the same does so within this time.
    private static let quiet: Int64 = 1_000_000_000
}
