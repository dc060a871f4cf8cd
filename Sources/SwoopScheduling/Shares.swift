// Who shares the cores: the ready tasks of each client stand in lines of their own, and that client
// is next whose tasks have had the least time of cores. Start-time fair queueing (Goyal, Vin and
// Cheng, SIGCOMM 1996) with whole runs: a run is never taken from its core, so clients are equal
// within one run a core and what nodes hold ahead.

import SwoopModel

/// One of those who share the cores.
package struct CoreShare: Sendable {
    /// Its program's place in the scheduler's table.
    package let program: Int
    /// Whose it is.
    var holder: Holder
    /// Nanoseconds of cores that its tasks were given: as measured of those that ended, as
    /// predicted of those that nodes hold. Who had nothing to run is taken for one who had as much
    /// as the others: nobody saves time up.
    package internal(set) var served: Double

    /// Whose a share is.
    enum Holder {
        case client
        /// Tasks are made again for whoever reads them after their client left.
        case nobody
        /// Its client left: another one may have its place.
        case left
    }
}

/// The table of shares; places of those that were given up are given out again.
package struct CoreShares: Sendable {
    package private(set) var table: [CoreShare] = []
    /// What the one that was served last had had before: what a new one begins with.
    private var begun = 0.0

    package init() {}

    package subscript(place: Int) -> CoreShare { table[place] }

    /// Whether there was ever more than one. Who is alone is charged nothing.
    var areSeveral: Bool { table.count > 1 }

    /// The place of a new one.
    mutating func add(_ holder: CoreShare.Holder, program: Int) -> Int {
        let share = CoreShare(program: program, holder: holder, served: begun)
        if let place = table.firstIndex(where: { $0.holder == .left }) {
            table[place] = share
            return place
        }
        table.append(share)
        return table.count - 1
    }

    /// The place for nobody's tasks of a program, if there is one.
    func nobodys(of program: Int) -> Int? {
        table.firstIndex { $0.holder == .nobody && $0.program == program }
    }

    /// A client left; nothing of its may be ready under that place.
    mutating func free(_ place: Int) { table[place].holder = .left }

    /// A share that had nothing ready has something.
    mutating func wake(_ place: Int) {
        table[place].served = max(table[place].served, begun)
    }

    /// A task of the share is the next to be given to a node.
    mutating func serve(_ place: Int) { begun = max(begun, table[place].served) }

    /// Counts time of cores; less than zero takes back what was foreseen.
    mutating func charge(_ nanoseconds: Double, to place: Int) {
        table[place].served += nanoseconds
    }
}

extension Scheduler {
    /// The place of a new share.
    mutating func addShare(of holder: CoreShare.Holder, program: Int) -> Int {
        let wasAlone = !shares.areSeveral
        let place = shares.add(holder, program: program)
        guard wasAlone, shares.areSeveral else { return place }
        for node in nodes.nodes.indices where nodes[node].assigned > 0 {
            for task in held(at: node) { foresee(task.index, isBack: false) }
        }
        foreseeAgain()
        return place
    }

    /// The share that pays for a task, if there is one.
    func share(of index: TaskIndex) -> Int? {
        if let place = clientPlace(tasks.client(of: index)) { return clients[place].share }
        return programPlace(of: index).flatMap { shares.nobodys(of: $0) }
    }

    /// The place of the share in whose lines a task waits that has become ready.
    mutating func waitingShare(of index: TaskIndex) -> Int? {
        guard let program = programPlace(of: index) else { return nil }
        if let known = share(of: index), shares[known].program == program { return known }
        // A client's functions are of its program, and its own data has none.
        return shares.nobodys(of: program) ?? addShare(of: .nobody, program: program)
    }

    /// Puts a task that has become ready into its line.
    mutating func queue(_ index: TaskIndex) {
        guard let share = waitingShare(of: index) else { return }
        if ready.isEmpty(of: share) { shares.wake(share) }
        ready.push(
            tasks.link(to: index), rank: tasks[index].rank,
            in: ReadyLine(share: share, effect: demand(of: index).effect))
    }

    /// Counts what a task that a node holds is foreseen to take, or takes it back. Of a client that
    /// has left nothing is taken back: its share may be another's.
    mutating func foresee(_ index: TaskIndex, isBack: Bool) {
        guard shares.areSeveral, let place = clientPlace(tasks.client(of: index)) else { return }
        let time = Double(tasks[index].predicted) * Double(cores(of: index))
        shares.charge(isBack ? -time : time, to: clients[place].share)
    }

    /// Counts what a run took.
    mutating func charge(_ record: RunRecord, of index: TaskIndex) {
        guard shares.areSeveral, let share = share(of: index) else { return }
        shares.charge(
            Double(max(0, record.wallNanoseconds)) * Double(cores(of: index)), to: share)
    }

    /// A client left: what of its is ready for others is nobody's.
    mutating func giveUp(_ share: Int) {
        for effect in MemoryEffect.allCases {
            let left = ready.popAll(ReadyLine(share: share, effect: effect))
            for entry in left where isStillReady(entry) {
                guard let heir = waitingShare(of: entry.index) else { continue }
                if ready.isEmpty(of: heir) { shares.wake(heir) }
                ready.restore(entry, in: ReadyLine(share: heir, effect: effect))
            }
        }
        shares.free(share)
    }
}
