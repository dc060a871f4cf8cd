// What chaos does, drawn from a seed: the same seed strikes the same processes at the same points.

import SwoopSimulation

/// One process of a cluster on this machine.
enum ChaosVictim: String, CaseIterable {
    case client, agent, worker
}

/// What is done to a process.
enum ChaosBlow: Equatable, CustomStringConvertible {
    case kill
    case interrupt
    /// Stopped and continued after so many seconds.
    case stop(seconds: Double)
    /// Nothing is struck: a value of so many megabytes goes there and back.
    case bulk(megabytes: Int)
    /// No process may have more descriptors than these, from its start on.
    case starve(descriptors: Int)

    var description: String {
        switch self {
        case .kill: "SIGKILL"
        case .interrupt: "SIGINT"
        case .stop(let seconds): "SIGSTOP for \(seconds) s"
        case .bulk(let megabytes): "a value of \(megabytes) MB"
        case .starve(let descriptors): "a limit of \(descriptors) descriptors"
        }
    }
}

/// One cluster of its own, with one blow.
struct ChaosRound: CustomStringConvertible {
    var number: Int
    var victim: ChaosVictim
    var blow: ChaosBlow
    /// The kind of work, by its place, under which it strikes.
    var round: Int
    /// Milliseconds into that work.
    var delay: Int
    /// How large the work is.
    var size: Int

    var description: String {
        "\(number): \(blow) of the \(victim.rawValue), \(delay) ms after round \(round), size \(size)"
    }
}

/// The blows of a seed, without end.
struct ChaosPlan {
    private var random: SeededGenerator
    private var number = 0
    /// How long a process may be stopped, in tenths of a second.
    private let longestStop: Int
    private let largestValue: Int

    /// A plan; stops last no longer than `longestStop` seconds, and values have no more than
    /// `largestValue` megabytes.
    init(seed: UInt64, longestStop: Int, largestValue: Int = 200) {
        self.largestValue = largestValue
        random = SeededGenerator(seed: seed)
        self.longestStop = longestStop * 10
    }

    /// A number below a bound.
    mutating func draw(_ bound: Int) -> Int { random.below(bound) }

    /// Rounds in which every blow comes once.
    static let turn = 11

    mutating func next() -> ChaosRound {
        // Every victim and every kind of blow comes once in eleven rounds, in turn.
        let place = number % Self.turn
        let victim = ChaosVictim.allCases[place % 3]
        let blow: ChaosBlow =
            switch (victim, place / 3) {
            case (.client, 3): .bulk(megabytes: largestValue / 2 + draw(largestValue / 2 + 1))
            case (.agent, 3): .starve(descriptors: 6 + draw(60))
            case (.client, 1): .interrupt
            case (_, 0): .kill
            default: .stop(seconds: Double(5 + draw(longestStop)) / 10)
            }
        defer { number += 1 }
        return ChaosRound(
            number: number, victim: victim, blow: blow, round: draw(5), delay: draw(150),
            size: 1 + draw(4))
    }
}
