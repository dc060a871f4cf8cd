// Stories of a worker whose memory holds what cannot be: it is ended, and those who ran beside the
// one who wrote there start again.

import SwoopExecution
import SwoopModel
import Testing

@Suite struct SpoiltWorkerStories {
    /// Runs 1 and 2 on cores, 3 with the worker.
    private func running() -> TestAgent {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(1), assigned(2), assigned(3))
        agent.handle(.workerReady(agent.worker))
        #expect(agent.dispatched().count == 3)
        agent.report(.started(attempt(1)), .started(attempt(2)))
        agent.forget()
        return agent
    }

    private func failure(_ reports: [RunReport], of number: Int) -> TaskFailure? {
        for case .ended(attempt(number), .failed(let failure), _) in reports { return failure }
        return nil
    }

    @Test func `a damaged ring ends the worker, charged to what was on its cores`() {
        var agent = running()
        agent.handle(.workerSpoilt(agent.worker, reason: "its ring is damaged"))
        agent.expect(.killWorker(agent.worker))
        agent.handle(.workerSpoilt(agent.worker, reason: "again"))
        agent.finish(1)
        agent.lease(assigned(4))
        agent.expectNothingElse()
        agent.die(WorkerDeath(signal: 9, status: 0))
        let reports = agent.reported()
        #expect(failure(reports, of: 1)?.kind == .died)
        #expect(failure(reports, of: 2)?.message.contains("its ring is damaged") == true)
        #expect(reports.contains(.returned(attempt(3))))
        #expect(agent.machine.runs.keys.map(\.task) == [task(4)])
        agent.expect(.startWorker(WorkerID(2), .none))
    }

    @Test func `a crash record that nobody can have written charges nobody alone`() {
        var agent = running()
        agent.handle(.workerSpoilt(agent.worker, reason: "damaged"))
        agent.die(WorkerDeath(signal: 4, status: 0, culprit: attempt(3), frames: [1, 2]))
        let reports = agent.reported()
        #expect(failure(reports, of: 1)?.kind == .died)
        #expect(failure(reports, of: 2)?.frames == [])
        #expect(reports.contains(.returned(attempt(3))))
    }

    @Test(arguments: [9, 4_096, .max] as [Int64])
    func `a page larger than its room is refused, and its run charged`(byteCount: Int64) {
        var agent = running()
        agent.handle(.extentLent(agent.worker, extent(0)))
        let wild = PageExtent(offset: 0, byteCount: byteCount, elementCount: 1)
        agent.handle(.outputStored(agent.worker, attempt(2), wild))
        agent.expect(.killWorker(agent.worker))
        #expect(agent.machine.outputs.isEmpty)
        agent.die()
        let reports = agent.reported()
        #expect(failure(reports, of: 2)?.message.contains("\(byteCount) bytes") == true)
        #expect(reports.contains(.returned(attempt(1))))
        agent.expect(.free(extent(0)))
    }

    @Test func `a page where no room was lent, or of somebody else's run, is refused`() {
        for (place, number) in [(64, 1), (0, 9)] as [(Int64, Int)] {
            var agent = running()
            agent.handle(.extentLent(agent.worker, extent(0)))
            agent.handle(.outputStored(agent.worker, attempt(number), extent(place)))
            agent.expect(.killWorker(agent.worker))
            agent.expectNothingElse()
            #expect(agent.machine.outputs.isEmpty)
        }
    }

    @Test func `a page on the disk is no page in memory`() {
        var agent = running()
        agent.handle(.extentLent(agent.worker, extent(0)))
        let other = PageExtent(offset: 0, pages: eightBytes, medium: .disk)
        agent.handle(.outputStored(agent.worker, attempt(1), other))
        agent.expect(.killWorker(agent.worker))
    }

    @Test func `a run that tells of a page it did not store is not believed`() {
        var agent = running()
        agent.finish(1, page)
        agent.expect(.killWorker(agent.worker))
        agent.expectNothingElse()
        agent.die()
        #expect(failure(agent.reported(), of: 1)?.message.contains("did not store") == true)
    }

    @Test func `what is told of a page is what is kept here`() {
        var agent = running()
        agent.store(1, at: 0)
        agent.finish(1, .onePage(byteCount: 1 << 60, elementCount: 1 << 60))
        #expect(agent.reported() == [.ended(attempt(1), .finished(page), RunRecord())])
    }

    @Test func `memory that a worker does not have cannot be given back by it`() {
        var agent = running()
        let before = agent.machine.dropped
        agent.handle(.extentAbandoned(agent.worker, extent(640)))
        #expect(agent.machine.dropped == before + 1)
        agent.expectNothingElse()
    }

    @Test func `a run that the worker was not given cannot be ended by it`() {
        var agent = running()
        agent.lease(assigned(5, [(6, .pending)]))
        agent.forget()
        let before = agent.machine.dropped
        agent.report(
            .suspended(attempt(5)), .resumed(attempt(5)), .returned(attempt(5)),
            .ended(attempt(5), .finished(.inline([])), RunRecord()))
        #expect(agent.machine.dropped == before + 4)
        agent.expectNothingElse()
    }

    @Test func `a worker whose every word is spoilt does not go on for ever`() {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(1))
        for id in 1...3 {
            agent.handle(.workerReady(WorkerID(UInt32(id))))
            agent.forget()
            agent.handle(.workerSpoilt(WorkerID(UInt32(id)), reason: "damaged"))
            agent.die(worker: UInt32(id))
            if id < 3 {
                #expect(agent.reported() == [.returned(attempt(1))])
                agent.lease(assigned(1))
            }
        }
        #expect(failure(agent.reported(), of: 1) != nil)
    }

    @Test(arguments: [Int64.min, -1, 0, 5, 1 << 40, .max])
    func `figures of a record are believed as far as they can be`(wild: Int64) {
        let record = RunRecord(
            features: [.infinity, -.infinity, 1e300, 2], elements: wild, bytesIn: wild,
            bytesOut: wild, cpuNanoseconds: wild, wallNanoseconds: wild)
        let report = RunReport.ended(attempt(1), .cancelled, record).bounded(age: 100, slots: 2)
        guard case .ended(_, _, let bounded) = report else { return }
        #expect(bounded.wallNanoseconds == max(0, min(wild, 100)))
        #expect(bounded.cpuNanoseconds == max(0, min(wild, 200)))
        #expect(bounded.elements == max(0, min(wild, 1 << 43)))
        #expect(bounded.bytesOut >= 0 && bounded.bytesIn <= 1 << 43)
        #expect(bounded.features == [0, 0, 1e18, 2])
    }

    @Test(arguments: [Int64.min, -1, 0, 950, .max], [Int64.min, -1, 0, 60, .max])
    func `no figure of a slot's line makes a number that cannot be`(started: Int64, busy: Int64) {
        for now in [Int64.min, 0, 1_000, .max] {
            let usage = SlotUsage(
                function: "f", task: task(1), startedAt: started, busyBefore: busy, now: now,
                workerStartedAt: 900)
            let age = now < 900 ? 0 : now - 900
            #expect((0...age).contains(usage.elapsedNanoseconds))
            #expect((usage.elapsedNanoseconds...age).contains(usage.busyNanoseconds))
        }
        let shown = SlotUsage(
            function: "f", task: task(1), startedAt: 950, busyBefore: 20, now: 1_000,
            workerStartedAt: 900)
        #expect(shown.elapsedNanoseconds == 50 && shown.busyNanoseconds == 70)
        let idle = SlotUsage(
            function: "f", task: nil, startedAt: 950, busyBefore: 20, now: 1_000,
            workerStartedAt: 900)
        #expect(idle.function == nil && idle.elapsedNanoseconds == 0)
        #expect(idle.busyNanoseconds == 20)
    }
}
