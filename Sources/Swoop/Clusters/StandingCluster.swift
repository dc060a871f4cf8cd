// A cluster of hosts that outlives its clients: what `swoop up` starts, and what the process that
// holds it does. StandingClusterStart.swift has the start of that process.

import SwoopCoordinator
import SwoopHosts
package import SwoopLaunching
package import SwoopModel
import SwoopTransport

extension StandingCluster.HostReport {
    /// A host whose agent had not joined when the user stopped `swoop up`.
    package init(stopped host: String) {
        let step = HostError.Step.cancelled
        self.init(
            host: host,
            failure: "\(host): \(step.rawValue): stopped before its agent had joined.",
            step: step.rawValue, isCarried: false)
    }

    /// It had joined, and ends with the others.
    mutating func stop() {
        guard failure == nil else { return }
        step = HostError.Step.cancelled.rawValue
        failure = "\(host): \(step): stopped with the others."
    }

    init(_ outcome: HostOutcome) {
        self.init(
            host: outcome.host.name, failure: outcome.failure?.description,
            step: outcome.failure?.step.rawValue ?? "", isCarried: outcome.carried != nil)
    }
}

extension StandingCluster {
    /// The name of a cluster that nobody named.
    package static let usualName = "standing"

    package static let role = "coordinator"
    static let requestDescriptor = "request"
    static let reportDescriptor = "report"

    /// The cluster of this name that runs already and takes hosts in; nil: there is none.
    ///
    /// - Throws: `SwoopError` when the list is wrong, or when what runs under the name takes none.
    package func running() throws -> CoordinatorAddress? {
        let folder = try RuntimeFolder.ofUser()
        // The list is read where it matters: it may be a pipe, which can be read once.
        guard try folder.coordinators().contains(where: { $0.holder == .hosts }) else { return nil }
        let name = try self.name ?? options.hostList().clusterName ?? Self.usualName
        guard let address = try folder.coordinator(of: name) else { return nil }
        if address.holder != .hosts { try Self.expectNone(named: name) }
        return address
    }

    /// Says that one of this name runs already.
    static func expectNone(named name: String) throws {
        let folder = try RuntimeFolder.ofUser()
        guard let other = try folder.coordinator(of: name) else { return }
        if other.process.standing == .foreign {
            throw SwoopError(
                .unreachable,
                "a cluster named \(name) was \(CoordinatorAddress.elsewhere), as process "
                    + "\(other.process.pid) there",
                advice: "End it there, or choose another name. If it has ended, remove "
                    + "\(folder.path(of: other)).")
        }
        throw SwoopError(
            .unreachable, "a cluster named \(name) runs already, in process \(other.process.pid)",
            advice: "End that one (`swoop down \(name)`), or choose another name.")
    }
}

// MARK: In the process that holds the cluster

extension StandingCluster {
    /// Holds the cluster in this process until a signal ends it; `report` is told of every host,
    /// once all were tried.
    ///
    /// - Returns: Whether it ended by a signal; false: no host came up.
    /// - Throws: `SwoopError` when the list is wrong, or when one of that name runs.
    @discardableResult
    package func hold(report: ([HostReport]) -> Void) throws -> Bool {
        // It has the keys of the cluster, also where it is started in the foreground.
        ProcessMemory.close()
        // The list is read while a signal still ends this process: whatever it is a file of may
        // take its time. Then, before any thread starts, signals are only news: threads inherit
        // what is blocked.
        let options = self.options
        let list = try options.hostList()
        let signals = try EndingSignals()
        let name = self.name ?? list.clusterName ?? Self.usualName
        try Self.expectNone(named: name)
        let cluster = try HostCluster(options, list, cluster: name, holder: .hosts)
        do {
            try cluster.expectVisible()
        } catch {
            cluster.stop()
            throw error
        }
        signals.onEach { _ in cluster.cancel() }
        let lines = BringUpLines(of: list.hosts.filter { !$0.isLocal }.map(\.name))
        var outcomes = try cluster.bringUp { [showsProgress] host, progress in
            if showsProgress { lines.take(host.name, progress) }
        }
        // The first may have ended again while the last were brought up.
        let there = outcomes.filter { $0.failure == nil }.map(\.host.name)
        let locals = list.hosts.filter(\.isLocal).map(\.name)
        let missing = try cluster.coordinator.missing(of: there + locals)
        for index in outcomes.indices {
            let name = outcomes[index].host.name
            guard let reason = missing[name] else { continue }
            let failure = Self.error(of: name, reason)
            outcomes[index].failure = failure
            if showsProgress { lines.take(name, .failed(failure)) }
        }
        if showsProgress {
            lines.finish(outcomes)
            for name in locals {
                if let reason = missing[name] {
                    lines.say("\(Self.error(of: name, reason))", of: name, isNews: true)
                }
            }
        }
        var reports = Self.reports(of: outcomes, in: list, missing: missing)
        if signals.hasCome { for index in reports.indices { reports[index].stop() } }
        let isUp = reports.contains { $0.failure == nil }
        if isUp { cluster.keep(reports.filter { $0.failure == nil }.map(\.host)) }
        report(reports)
        if isUp { signals.wait() }
        cluster.stop()
        return signals.hasCome
    }

    /// In the order of the list.
    private static func reports(
        of outcomes: [HostOutcome], in list: HostList, missing: [String: String]
    ) -> [HostReport] {
        var others = outcomes[...]
        return list.hosts.compactMap { host in
            guard host.isLocal else { return others.popFirst().map(HostReport.init) }
            let failure = missing[host.name].map { error(of: host.name, $0) }
            return HostReport(
                host: host.name, failure: failure?.description,
                step: failure?.step.rawValue ?? "", isCarried: false)
        }
    }

    private static func error(of host: String, _ reason: String) -> HostError {
        HostError(
            host: host, step: .start,
            message: "its agent did not stay: \(reason). Run `swoop up` again.")
    }

    private var options: HostOptions {
        var options = file.map { HostOptions(file: $0) } ?? HostOptions(hosts)
        options.acceptsNewKeys = acceptsNewKeys
        options.connectLimit = .seconds(connectLimit)
        options.grace = .seconds(grace)
        return options
    }
}
