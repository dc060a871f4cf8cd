// The loop of `swoop top`: snapshots, keys and signals in; a picture, lines or objects out.

import ArgumentParser
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// A running `swoop top`.
struct TopLoop: ~Copyable {
    /// What it writes.
    enum Output {
        /// The terminal's whole screen, again and again.
        case screen
        /// The same picture once, as text.
        case picture
        case lines
        case json

        /// Nanoseconds between two of them unless told.
        var interval: Int64 {
            switch self {
            // As often as samples are taken.
            case .screen: nanosecondsPerSecond / 10
            case .lines: nanosecondsPerSecond
            case .picture, .json: 0
            }
        }
    }

    /// How the loop ends.
    private enum Ending {
        case asked
        case signal(TerminalSignal)
        case cluster(CoordinatorViewer.Ending)
    }

    /// The picture grows older by itself when nothing comes.
    private static let agingPeriod = nanosecondsPerSecond / 4
    /// `--once` waits so long for nodes and rates.
    private static let onceMax = nanosecondsPerSecond

    private let output: Output
    private let once: Bool
    private let interval: Int64
    private let note: String
    private let signals: Inbox<TerminalSignal>
    private let screen: TerminalScreen?
    private let began = MonotonicClock.nanoseconds()
    private var viewer: CoordinatorViewer
    private var poll = PollLoop()
    private var track: UsageTrack
    private var hasNews = false
    private var writtenAt: Int64?
    private var ending: Ending?

    init(
        _ choice: CoordinatorChoice, output: Output, once: Bool, interval: Int64,
        signals: Inbox<TerminalSignal>
    ) throws {
        let name = choice.address.cluster
        viewer = try CoordinatorViewer(choice.address, now: began)
        track = UsageTrack(cluster: name)
        self.output = output
        self.once = once
        self.interval = interval
        self.signals = signals
        let others = Quantities.count(choice.others, "other cluster")
        let runs = "\(others) \(choice.others == 1 ? "runs" : "run") here"
        note = choice.others > 0 ? "\(runs): swoop top --cluster NAME" : ""
        if choice.others > 0, output != .screen {
            StandardError.say(
                "showing \(name), the newest; \(runs): `swoop status` names them, "
                    + "`--cluster NAME` shows one")
        }
        screen = output == .screen ? TerminalScreen(isColoured: StandardOutput.isColoured) : nil
    }

    mutating func run() throws {
        _ = poll.watch(viewer.socket)
        let signalled = poll.watch(descriptor: signals.wakeup.descriptor)
        let typed = screen?.keyboard.map { poll.watch(descriptor: $0) }
        screen?.enter()
        defer { screen?.leave() }
        while ending == nil {
            let now = MonotonicClock.nanoseconds()
            for news in viewer.news(now: now) { take(news, now: now) }
            write(now: now)
            if ending != nil { break }
            try poll.wait(until: nextDeadline(now: now))
            if let typed, poll.isReady(typed, for: [.readable, .failed]) { takeKeys() }
            if poll.isReady(signalled) { for signal in signals.take() { take(signal) } }
        }
        viewer.close()
        screen?.leave()
        try tell()
    }

    private func nextDeadline(now: Int64) -> Int64 {
        var deadline = viewer.nextDeadline(now: now)
        if let writtenAt {
            if hasNews || output == .lines { deadline = min(deadline, writtenAt + interval) }
        }
        return max(deadline, now + 1_000_000)
    }

    // MARK: What comes

    private mutating func take(_ news: CoordinatorViewer.News, now: Int64) {
        switch news {
        case .hosts, .taken, .settled, .kept, .keptSettled: break
        case .nodes: break
        case .usage(let usage):
            track.take(usage, at: now)
            hasNews = true
        case .end(let ending):
            if self.ending == nil { self.ending = .cluster(ending) }
        }
    }

    private mutating func takeKeys() {
        guard let keys = screen?.keys() else {
            ending = .signal(.hangUp)
            return
        }
        // 4 is Ctrl-D: the end, as at every prompt.
        let quits = [UInt8(ascii: "q"), UInt8(ascii: "Q"), 4]
        if keys.contains(where: quits.contains) { ending = .asked }
    }

    private mutating func take(_ signal: TerminalSignal) {
        switch signal {
        case .windowChanged: redraw()
        case .suspend:
            screen?.leave()
            TerminalSignals.obey(signal)
            screen?.enter()
            redraw()
        case .interrupt: ending = output == .screen ? .asked : .signal(signal)
        case .hangUp, .terminate: ending = .signal(signal)
        }
    }

    private mutating func redraw() {
        screen?.forget()
        writtenAt = nil
    }

    // MARK: What is written

    private mutating func write(now: Int64) {
        guard let reading = track.reading(at: now) else { return }
        if once {
            guard track.hasRates || now - began > Self.onceMax else { return }
            ending = .asked
        } else if let writtenAt {
            let isDue = now - writtenAt >= interval
            let isOld = output == .screen && now - writtenAt >= Self.agingPeriod
            guard isDue && (hasNews || output == .lines) || isOld else { return }
        }
        hasNews = false
        writtenAt = now
        write(reading)
    }

    private func write(_ reading: ClusterReading) {
        switch output {
        case .screen:
            let (width, height) = TerminalScreen.size
            screen?.show(
                TopScreen.lines(of: reading, width: width, height: height, note: note),
                width: width)
        case .picture:
            let lines = TopScreen.lines(of: reading, width: TerminalScreen.size.width, height: nil)
            let isColoured = StandardOutput.isColoured
            StandardOutput.write(
                lines.map { $0.terminalText(isColoured: isColoured) + "\n" }.joined())
        case .lines:
            let lines = TopLines.lines(of: reading, time: JSONLine.time())
            StandardOutput.write(lines.map { $0 + "\n" }.joined())
        case .json:
            StandardOutput.write(UsageJSON(reading, time: JSONLine.time()).line + "\n")
        }
    }

    /// Says why it ended, after the screen is the person's again.
    private func tell() throws {
        switch ending {
        case .asked, nil: break
        case .signal(let signal): throw ExitCode(128 + signal.rawValue)
        case .cluster(let ending):
            var sentence = ending.sentence
            if let tasks = track.reading(at: MonotonicClock.nanoseconds())?.tasks {
                sentence += " (tasks: \(tasks.done) done, \(tasks.failed) failed)"
            }
            guard ending.isRegular else { throw ToolError(sentence) }
            StandardError.say(sentence)
        }
    }
}
