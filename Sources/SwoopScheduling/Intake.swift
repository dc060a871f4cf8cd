// How a part of a graph is taken in: its tasks become records, are linked, ordered, ranked, and
// begin. Of a large part each turn takes a slice, and nothing of it begins before all of it is
// linked. What its client says meanwhile waits, so that everything means what it would mean if the
// part were taken in at once.

import SwoopModel

/// What a client said that is not carried out yet.
struct Backlog: Sendable {
    let client: ClientID
    /// In the order in which it was said.
    var events: [SchedulerEvent]
    /// The submission that is being taken in, before all of these.
    var intake: Intake?
    /// How much of the first event is done, where it is a release.
    var released = 0

    var isEmpty: Bool { events.isEmpty && intake == nil }
}

/// A submission that is being taken in.
struct Intake: Sendable {
    /// What is being done with the tasks, one after the other.
    enum Stage: Sendable {
        /// They become records.
        case entering
        /// Those are noted for which the client holds handles.
        case holding
        /// They are linked to their inputs.
        case connecting
        /// Of each the inputs are counted that are new themselves.
        case marking, counting
        /// Each is put behind its inputs.
        case ordering
        /// Who is left needs itself.
        case sorting
        /// From the last one to the first.
        case ranking
        case beginning
        case over
    }

    let part: GraphPart
    /// The part in the table.
    let place: Int32
    /// Places of its functions.
    let functions: [FunctionIndex]
    var stage = Stage.entering
    /// How far the stage is.
    var next = 0
    /// The new records.
    var added: [TaskLink] = []
    /// The same, each behind those of its inputs that are new; without what needs itself.
    var order: [TaskLink] = []
    /// Those that need themselves.
    var circular: [TaskLink] = []
    /// Whether any of them has inputs.
    var hasEdges = false

    mutating func go(to stage: Stage) {
        self.stage = stage
        next = 0
    }
}

extension SchedulerEvent {
    /// The client that says it, where what it means depends on what the client said before.
    fileprivate var speaker: ClientID? {
        switch self {
        case .graphSubmitted(let client, _, _), .dataArrived(let client, _, _),
            .roomWanted(let client, _, _, _), .dataWritten(let client, _, _),
            .dataFailed(let client, _), .handlesReleased(let client, _),
            .cancellationRequested(let client, _), .outputsWanted(let client, _),
            .keepWanted(let client, _, _):
            client
        default: nil
        }
    }
}

extension Scheduler {
    /// Whether the event is carried out in slices, or after others that are; then it is noted.
    mutating func putOff(_ event: SchedulerEvent) -> Bool {
        if case .clientLeft(let client) = event {
            backlogs.removeAll { $0.client == client }
            return false
        }
        guard let client = event.speaker else { return false }
        if let place = backlogs.firstIndex(where: { $0.client == client }) {
            backlogs[place].events.append(event)
            return true
        }
        switch event {
        case .graphSubmitted where clientPlace(client) != nil: break
        case .handlesReleased(_, let tasks) where tasks.count > configuration.turnSteps: break
        default: return false
        }
        backlogs.append(Backlog(client: client, events: [event]))
        return true
    }

    /// Goes on with what was put off, as far as this turn goes: clients take turns.
    mutating func workOff(into effects: inout [SchedulerEffect]) {
        while stepsLeft > 0, !backlogs.isEmpty {
            var backlog = backlogs.removeFirst()
            workOff(&backlog, into: &effects)
            if !backlog.isEmpty { backlogs.append(backlog) }
        }
    }

    private mutating func workOff(
        _ backlog: inout Backlog, into effects: inout [SchedulerEffect]
    ) {
        while stepsLeft > 0, !backlog.isEmpty {
            if backlog.intake != nil {
                goOn(&backlog, into: &effects)
                continue
            }
            switch backlog.events[0] {
            case .graphSubmitted(let client, let part, let data):
                backlog.intake = begin(part, data, of: client, into: &effects)
            case .handlesReleased(let client, let tasks):
                let end = min(tasks.count, backlog.released + stepsLeft)
                release(tasks[backlog.released..<end], of: client, into: &effects)
                stepsLeft -= end - backlog.released
                backlog.released = end
                guard end == tasks.count else { return }
                backlog.released = 0
            case let event:
                take(event, into: &effects)
                stepsLeft -= 1
            }
            backlog.events.removeFirst()
        }
    }

    /// Begins to take a part in: with the data that the client brings.
    private mutating func begin(
        _ part: GraphPart, _ data: [[UInt8]], of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) -> Intake? {
        guard let clientPlace = clientPlace(client) else {
            reject(.unknownClient, into: &effects)
            return nil
        }
        let program = clients[clientPlace].program
        let places = part.functions.map { function in
            var own = function
            own.program = program
            return functionIndex(of: own)
        }
        var columns = part.tasks
        columns.renumberFunctions {
            let place = Int($0.rawValue)
            return place < places.count ? places[place] : FunctionIndex(.max)
        }
        // At once what would grow by doubling.
        if columns.count > clients[clientPlace].tasks.count {
            clients[clientPlace].tasks.reserveCapacity(
                clients[clientPlace].tasks.count + columns.count)
        }
        let place = tasks.add(columns, of: client, retry: part.retry)
        var intake = Intake(part: part, place: place, functions: places)
        intake.added.reserveCapacity(columns.count + part.data.count + part.iterations.count)
        for use in part.kept {
            for index in addUse(use, of: client, into: &effects) { note(index, in: &intake) }
            stepsLeft -= use.tasks.count
        }
        guard !part.data.isEmpty else { return intake }
        let specs = part.data.map {
            TaskSpec(id: $0.id, function: FunctionIndex(.max), output: $0.output)
        }
        let dataPlace = tasks.add(TaskColumns(specs), of: client)
        for (row, item) in part.data.enumerated() {
            let bytes = row < data.count ? data[row] : []
            if let index = addData(item, bytes: bytes, part: dataPlace, row: row, into: &effects) {
                note(index, in: &intake)
            }
        }
        tasks.endPart(dataPlace)
        stepsLeft -= part.data.count
        return intake
    }

    /// A record is new until all of its part are there.
    private mutating func note(_ index: TaskIndex, in intake: inout Intake) {
        tasks[index].isNew = true
        intake.added.append(tasks.link(to: index))
    }

    private mutating func goOn(
        _ backlog: inout Backlog, into effects: inout [SchedulerEffect]
    ) {
        guard var intake = backlog.intake else { return }
        backlog.intake = nil
        let client = backlog.client
        // Stages without a task are steps as well.
        stepsLeft -= 1
        switch intake.stage {
        case .entering: enter(&intake, of: client, into: &effects)
        case .holding: hold(&intake, of: client)
        case .connecting: connect(&intake)
        case .marking: each(of: intake.added, &intake, then: .counting) { $0.tasks[$1].mark = 0 }
        case .counting: countInputs(&intake)
        case .ordering: order(&intake)
        case .sorting: sort(&intake, into: &effects)
        case .ranking: rank(&intake)
        case .beginning: begin(&intake, into: &effects)
        case .over: break
        }
        if intake.stage != .over { backlog.intake = intake }
    }

    // MARK: Stages

    /// The rows, or records, with which this turn goes on.
    private func slice(_ intake: Intake, of count: Int) -> Range<Int> {
        intake.next..<min(count, intake.next + max(1, stepsLeft))
    }

    /// Does something with the records of a list that are still there.
    private mutating func each(
        of links: [TaskLink], _ intake: inout Intake, then stage: Intake.Stage,
        _ body: (inout Scheduler, TaskIndex) -> Void
    ) {
        let slice = slice(intake, of: links.count)
        for link in links[slice] where tasks.isCurrent(link) { body(&self, link.index) }
        stepsLeft -= slice.count
        intake.next = slice.upperBound
        if intake.next == links.count { intake.go(to: stage) }
    }

    private mutating func enter(
        _ intake: inout Intake, of client: ClientID, into effects: inout [SchedulerEffect]
    ) {
        let slice = slice(intake, of: intake.part.tasks.count)
        for row in slice {
            let id = intake.part.tasks.ids[row]
            if let index = addTask(part: intake.place, row: row, id: id, into: &effects) {
                note(index, in: &intake)
            }
        }
        stepsLeft -= slice.count
        intake.next = slice.upperBound
        guard intake.next == intake.part.tasks.count else { return }
        for iteration in intake.part.iterations {
            if let index = addIteration(
                iteration, functions: intake.functions, of: client, retry: intake.part.retry,
                into: &effects)
            {
                note(index, in: &intake)
            }
        }
        tasks.endPart(intake.place)
        intake.go(to: .holding)
    }

    private mutating func hold(_ intake: inout Intake, of client: ClientID) {
        let slice = slice(intake, of: intake.part.held.count)
        for place in slice {
            guard let index = tasks.index(of: intake.part.held[place]),
                tasks.client(of: index) == client
            else { continue }
            tasks[index].isHeld = true
        }
        stepsLeft -= slice.count
        intake.next = slice.upperBound
        if intake.next == intake.part.held.count { intake.go(to: .connecting) }
    }

    private mutating func connect(_ intake: inout Intake) {
        var hasEdges = intake.hasEdges
        let added = intake.added
        each(of: added, &intake, then: .marking) { scheduler, index in
            scheduler.connect(index)
            hasEdges = hasEdges || scheduler.tasks.hasInputs(index)
        }
        intake.hasEdges = hasEdges
        guard intake.stage == .marking, !hasEdges else { return }
        intake.order = added
        intake.added = []
        intake.go(to: .ranking)
    }

    private mutating func countInputs(_ intake: inout Intake) {
        let added = intake.added
        if intake.order.isEmpty { intake.order.reserveCapacity(added.count) }
        var order = intake.order
        intake.order = []
        each(of: added, &intake, then: .ordering) { scheduler, index in
            var missing: Int32 = 0
            scheduler.tasks.forEachInput(of: index) {
                missing += scheduler.tasks[$0].mark >= 0 ? 1 : 0
            }
            scheduler.tasks[index].mark = missing
            if missing == 0 { order.append(scheduler.tasks.link(to: index)) }
        }
        intake.order = order
    }

    private mutating func order(_ intake: inout Intake) {
        let end = intake.next + max(1, stepsLeft)
        while intake.next < min(end, intake.order.count) {
            let link = intake.order[intake.next]
            intake.next += 1
            stepsLeft -= 1
            if tasks.isCurrent(link) {
                tasks.countDown(dependentsOf: link.index, into: &intake.order)
            }
        }
        if intake.next == intake.order.count { intake.go(to: .sorting) }
    }

    /// Takes the marks away; what still has inputs to wait for is circular, and fails.
    private mutating func sort(_ intake: inout Intake, into effects: inout [SchedulerEffect]) {
        var circular = intake.circular
        let added = intake.added
        each(of: added, &intake, then: .ranking) { scheduler, index in
            if scheduler.tasks[index].mark > 0 {
                circular.append(scheduler.tasks.link(to: index))
            }
            scheduler.tasks[index].mark = -1
        }
        intake.circular = circular
        if intake.stage == .ranking { intake.added = [] }
    }

    private mutating func rank(_ intake: inout Intake) {
        let (count, slice) = (intake.order.count, slice(intake, of: intake.order.count))
        for place in slice {
            let link = intake.order[count - 1 - place]
            if tasks.isCurrent(link) { rank(link.index) }
        }
        stepsLeft -= slice.count
        intake.next = slice.upperBound
        if intake.next == count { intake.go(to: .beginning) }
    }

    private mutating func begin(_ intake: inout Intake, into effects: inout [SchedulerEffect]) {
        let slice = slice(intake, of: intake.order.count)
        // Links: what begins may fail and be forgotten, and the round of a loop take its place.
        for link in intake.order[slice] where tasks.isCurrent(link) {
            tasks[link.index].isNew = false
            begin(link.index, into: &effects)
        }
        stepsLeft -= slice.count
        intake.next = slice.upperBound
        guard intake.next == intake.order.count else { return }
        for link in intake.circular.ordered(by: { $0.index < $1.index })
        where tasks.isCurrent(link) {
            let index = link.index
            tasks[index].isNew = false
            let text = "it needs itself, by way of what it needs"
            let inputs = tasks.inputs(of: index)
            unlink(index)
            for input in inputs { discardIfUnneeded(input, into: &effects) }
            fail(index, failure(.invalidGraph, of: index, text), into: &effects)
        }
        intake.go(to: .over)
    }
}
