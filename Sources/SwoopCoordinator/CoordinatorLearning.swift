// What the coordinator learns: records into the forecasts as they come, into the database once a
// second, and revised durations to the scheduler.

import SwoopForecast
import SwoopLaunching
import SwoopModel
import SwoopStorage

/// What the scheduler is told anew of a function.
struct RevisedModels {
    var function: FunctionIndex
    var duration: DurationModel
    var output: OutputModel
}

struct CoordinatorLearning {
    private var forecaster = Forecaster()
    private let database: ModelStore?
    private var remark: String?
    private var pending: [PendingKey: FunctionHistory] = [:]
    private var pendingSince: Int64?
    /// Runs since the last revision, by function index.
    private var fresh: [FreshRuns] = []
    /// Functions whose stored history was looked at.
    private var primed = 0
    private var primedModels: [RevisedModels] = []
    /// Records taken per function between two revisions: of a million equal runs a sample is
    /// enough.
    private static let recordsMax = 64

    private struct PendingKey: Hashable {
        var identity: String
        var node: String
        var isOptimised: Bool
        var fingerprint: UInt64
    }

    private struct FreshRuns {
        var count = 0
        var taken = 0
        var seen = 0
        var revisedAt: Int64 = 0

        /// When the models are made anew: at once for the first runs, then after a tenth of a
        /// second, and after a second where a few more among many will hardly change them.
        var due: Int64 {
            if revisedAt == 0 { return 0 }
            return revisedAt + (count > seen / 8 ? 100_000_000 : nanosecondsPerSecond)
        }
    }

    /// Opens the database at `path`; without one nothing outlives the process.
    init(path: String) {
        guard !path.isEmpty else {
            database = nil
            return
        }
        let (store, remark) = ModelStore.open(path: path) {
            OwnFile.trouble(ofKept: $0)
        }
        database = store
        self.remark = remark
        if let histories = try? store.load() { forecaster.load(histories) }
    }

    /// When something must be stored or revised.
    var nextDeadline: Int64? {
        var deadline = pendingSince.map { $0 + nanosecondsPerSecond }
        for runs in fresh where runs.count > 0 {
            deadline = min(deadline ?? runs.due, runs.due)
        }
        return deadline
    }

    mutating func histories(for identities: [String]) -> [FunctionHistory] {
        takeFromOthers()
        return forecaster.histories(for: identities)
    }

    /// Looks up what is stored of functions that the scheduler has not been told of.
    mutating func prime(_ functions: [FunctionSpec]) {
        if primed < functions.count { takeFromOthers() }
        while primed < functions.count {
            let function = functions[primed]
            if let models = models(of: FunctionIndex(UInt32(primed)), function) {
                primedModels.append(models)
            }
            primed += 1
        }
    }

    /// Other programs learn while this cluster is up: a notebook's may be for days.
    private mutating func takeFromOthers() {
        if let histories = try? database?.loadIfOthersWrote() {
            forecaster.loadUnknown(histories)
        }
    }

    /// Counts a run of a function; answers whether its record is to be kept.
    mutating func count(_ index: FunctionIndex) -> Bool {
        let place = Int(index.rawValue)
        while fresh.count <= place { fresh.append(FreshRuns()) }
        fresh[place].count += 1
        fresh[place].seen += 1
        guard fresh[place].taken < Self.recordsMax else { return false }
        fresh[place].taken += 1
        return true
    }

    mutating func add(
        _ records: [RunRecord], ofChild identity: String, in functions: [FunctionSpec],
        node: String, now: Int64
    ) {
        let known = functions.first { $0.code == .remote(identity: identity) }
        let function =
            known
            ?? FunctionSpec(
                identity: LearnedName.of(identity), name: identity, fingerprint: 0,
                code: .remote(identity: identity),
                isOptimised: functions.first?.isOptimised ?? true, isAsync: true)
        for record in records.prefix(Self.recordsMax) {
            keep(record, of: function, node: node, now: now)
        }
    }

    mutating func keep(
        _ record: RunRecord, of function: FunctionSpec, node: String, now: Int64
    ) {
        forecaster.record(record, of: function, node: node)
        let key = PendingKey(
            identity: function.identity, node: node, isOptimised: function.isOptimised,
            fingerprint: function.fingerprint)
        pending[
            key,
            default: FunctionHistory(
                identity: key.identity, node: node, isOptimised: key.isOptimised,
                fingerprint: key.fingerprint, records: [])
        ].records.append(record)
        if pendingSince == nil { pendingSince = now }
    }

    /// Models that changed and are due.
    mutating func revise(_ functions: [FunctionSpec], now: Int64) -> [RevisedModels] {
        var revised = primedModels
        primedModels = []
        for place in fresh.indices where fresh[place].count > 0 && fresh[place].due <= now {
            fresh[place].count = 0
            fresh[place].taken = 0
            fresh[place].revisedAt = now
            let index = FunctionIndex(UInt32(place))
            if let models = models(of: index, functions[place]) { revised.append(models) }
        }
        return revised
    }

    private func models(of index: FunctionIndex, _ function: FunctionSpec) -> RevisedModels? {
        let key = ForecastKey(function)
        guard
            let duration = forecaster.durationModel(for: key, fingerprint: function.fingerprint),
            let output = forecaster.outputModel(for: key, fingerprint: function.fingerprint)
        else { return nil }
        return RevisedModels(function: index, duration: duration, output: output)
    }

    /// Writes what a second has brought; answers with something that a person should read.
    mutating func store(now: Int64) -> String? {
        if let remark {
            self.remark = nil
            return remark
        }
        guard let since = pendingSince, now - since >= nanosecondsPerSecond else { return nil }
        return storeAll()
    }

    mutating func storeAll() -> String? {
        let histories = pending.values.ordered {
            ($0.identity, $0.node, $0.fingerprint) < ($1.identity, $1.node, $1.fingerprint)
        }
        pending = [:]
        pendingSince = nil
        guard let database, !histories.isEmpty else { return nil }
        do {
            return try database.append(histories)
        } catch {
            return "what was learned of \(histories.count) functions could not be kept: \(error)"
        }
    }
}
