// Kept data on two hosts: it outlives the program that kept it, the loss of either host and the
// leaving of one, and ends with the cluster.

import Foundation
import SwoopLaunching
import TestHosts
import TestPrograms
import Testing

/// What `swoop data --json` says.
private struct KeptThing: Decodable {
    struct Place: Decodable {
        var node: String
        var pages: Int
    }

    var name: String
    var pages: Int
    var places: [Place]
    var loss: String?
}

extension ClusterTests {
    @Suite final class KeptTests {
        private let place: LossLab
        private var desk: UserDesk { place.desk }

        init() throws { place = try LossLab() }

        private func sales() throws -> KeptThing {
            let said = try desk.swoop("data", "--json")
            let all = try JSONDecoder().decode([KeptThing].self, from: Data(said.output.utf8))
            return try #require(all.first { $0.name == "sales" }, "\(said.output)\(said.errors)")
        }

        /// Waits until these nodes have all pages.
        private func expectPlaces(
            _ names: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let areThere = try holds(within: 60) { [self] in
                guard let sales = try? sales() else { return false }
                return sales.places.map(\.node).sorted() == names
                    && sales.places.allSatisfy { $0.pages == sales.pages }
            }
            let now = try sales()
            #expect(areThere, "\(now)", sourceLocation: sourceLocation)
        }

        private func expectReadable(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let run = try desk.run(["kept", "standing"])
            #expect(
                try run.end() == .exited(0), "\(run.output)\(run.errors)",
                sourceLocation: sourceLocation)
            #expect(
                run.values["sum"] == "1980000.0", "\(run.output)", sourceLocation: sourceLocation)
            #expect(run.values["elements"] == "40000 true", sourceLocation: sourceLocation)
        }

        @Test func `kept data outlives its program, a lost host and a leaving one`() throws {
            let up = try desk.ended(try desk.start(["up", "--grace", "5", "alpha", "beta"]))
            #expect(up.status == 0, "\(up.errors)")
            let kept = try desk.run(["keep", "standing"])
            #expect(try kept.end() == .exited(0), "\(kept.output)\(kept.errors)")
            #expect(kept.values["replaced"] == "()", "\(kept.output)")
            try expectPlaces(["alpha", "beta"])
            // The cluster brings it up again, and gives it copies of what beta has.
            place.alpha.killAgent()
            try expectReadable()
            try expectPlaces(["alpha", "beta"])
            let less = try desk.swoop("down", "--within", "2", "beta")
            #expect(less.status == 0, "\(less.errors)")
            try expectPlaces(["alpha"])
            try expectReadable()
            let down = try desk.swoop("down")
            #expect(down.status == 0)
            #expect(down.errors.contains("and with it what it kept: "), "\(down.errors)")
            try place.expectClean([place.alpha, place.beta])
        }

        @Test func `work on a cluster that is about to leave says why it waits, and what to do`()
            throws
        {
            #expect(try desk.swoop("up", "local:cores=2").status == 0)
            let kept = try desk.run(["keep", "standing"])
            #expect(try kept.end() == .exited(0), "\(kept.output)\(kept.errors)")
            // There is no other place for what is kept: it goes on leaving until it is to stay.
            let less = try desk.start(["down", "--within", "1", "local"])
            let isLeaving = try holds(within: 60) { [self] in
                try desk.swoop("status", "--json").output.contains("\"state\":\"leaving\"")
            }
            #expect(isLeaving)
            let run = try desk.run(["kept", "standing"])
            try run.read(until: "it says why nothing runs") {
                $0.errors.contains(
                    "local is about to leave the cluster and takes no more work, and there is no "
                        + "other host: `swoop up local` keeps it, `swoop up HOST` adds one. What "
                        + "is kept there has no other place: `swoop data free ")
            }
            #expect(try desk.swoop("up", "local").status == 0)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["sum"] == "1980000.0", "\(run.output)")
            #expect(try desk.ended(less).status == 1)
            #expect(try desk.swoop("down").status == 0)
        }
    }
}
