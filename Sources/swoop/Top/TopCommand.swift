// `swoop top`: what is asked of it. TopLoop does it.

import ArgumentParser
import SwoopModel
import SwoopTransport

/// Shows what every core does, live.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows what every core of a cluster does, live.",
        discussion: """
            At a terminal a screen with a cell for every core: how much of the last
            second it was busy, the function on it, and for how long. A node that
            was silent for more than 2 s is grey, and what its cores do is not
            known. `q` quits. Colours are left out when the environment's NO_COLOR
            is set.

            Elsewhere one line for each node, every second: words `name=value`
            that are always there.

            EXAMPLES:
              swoop top                          the newest cluster of this user
              swoop top --cluster local-123-abc  one that `swoop status` names
              swoop top --wait                   wait until a program starts one
              swoop top --once                   the present moment, then leave
              swoop top --json | jq .busyCores   every snapshot, some ten a second
              swoop top --interval 5 >> log      a line for each node every 5 s

            It leaves with status 0 when the cluster ends or `q` is typed, and
            with 1 when there is no cluster or it does not answer.
            """)

    @Option(help: "Which cluster; the newest unless told.")
    var cluster: String?

    @Flag(help: "One JSON object for each snapshot, one on a line.")
    var json = false

    @Flag(help: "Show the present moment once, then leave.")
    var once = false

    @Flag(help: "Wait for a cluster when none runs.")
    var wait = false

    @Option(
        help: ArgumentHelp(
            "Seconds between two pictures, lines or objects, at least.",
            discussion: "Unless told: 0.1 for the screen, 1 for lines, 0 for JSON.",
            valueName: "seconds"))
    var interval: Double?

    func validate() throws {
        if let interval, !(interval >= 0 && interval <= 86_400) {
            throw ValidationError("an interval is between 0 and 86400 seconds")
        }
    }

    func run() throws {
        try SwoopTool.report {
            let output: TopLoop.Output =
                if json {
                    .json
                } else if StandardOutput.isTerminal {
                    once ? .picture : .screen
                } else {
                    .lines
                }
            let signals = try Inbox<TerminalSignal>()
            guard let choice = try CoordinatorChoice(named: cluster) ?? waited() else {
                throw CoordinatorChoice.absence(named: cluster)
            }
            try TerminalSignals.deliver(to: signals)
            let interval = self.interval.map { Int64($0 * Double(nanosecondsPerSecond)) }
            var loop = try TopLoop(
                choice, output: output, once: once, interval: interval ?? output.interval,
                signals: signals)
            try loop.run()
        }
    }

    /// The first coordinator that turns up; nil where waiting was not asked for.
    private func waited() throws -> CoordinatorChoice? {
        guard wait else { return nil }
        if StandardError.isTerminal {
            StandardError.say("waiting for a cluster (Ctrl-C to stop)")
        }
        var poll = PollLoop()
        while true {
            if let choice = try CoordinatorChoice(named: cluster) { return choice }
            // Looking into a folder costs microseconds.
            try poll.wait(until: MonotonicClock.nanoseconds() + nanosecondsPerSecond / 20)
        }
    }
}
