// Types of Foundation in records, and URLs where a plan takes files; on one thread of this process
// and on a cluster of this machine.

import Foundation
import Swoop
import SwoopFoundation
import Testing

@Record private struct Payment: Hashable {
    var id: UUID
    var day: Date
    var amount: Decimal
    var page: URL
    var refunded: Date?

    init(_ i: Int) {
        id = UUID(
            uuid: (UInt8(i % 251), UInt8(i / 251), 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 255))
        day = Date(timeIntervalSinceReferenceDate: Double(i % 9) * 86_400)
        amount = Decimal(string: "\(i).\(i % 10)5")!
        page = URL(string: "https://example.org/\(i % 4)?a=b%20c")!
        refunded = i % 3 == 0 ? Date(timeIntervalSinceReferenceDate: -0.25) : nil
    }
}

@Remote private func later(_ day: Date, by seconds: Double) -> Date { day + seconds }
@Remote private func weekday(_ payment: Payment) -> Date { payment.day }
@Remote private func doubled(_ amount: Decimal) -> Decimal { amount * 2 }

@Suite struct FoundationTests {
    private let payments = (0..<900).map(Payment.init)

    @Test func `localizedDescription is the sentence of the error`() async throws {
        let error: any Error = SwoopError(.invalidPlan, "the plan is empty", advice: "Fill it.")
        #expect(error.localizedDescription == "the plan is empty")
        #expect((error as? SwoopError)?.localizedDescription == "the plan is empty")
        #expect((error as? any LocalizedError)?.recoverySuggestion == "Fill it.")
    }

    @Test(arguments: plainClusters)
    func `dates, UUIDs, URLs and decimals are fields, arguments and keys`(
        cluster: String
    ) async throws {
        let payments = payments
        try await withPlainCluster(cluster) { cluster in
            let all = try await cluster.remotely { $0.array(payments) }
            #expect(try await all.values == payments)
            let (sorted, byDay, byPage, found) = try await cluster.remotely { _ in
                (
                    all.sorted(by: \.id).map(\.id).collected(),
                    all.grouped(by: \.day, .counting()), all.grouped(by: \.page, .counting()),
                    all.sorted(by: weekday).map(\.day).prefix(1)
                )
            }
            #expect(
                try await sorted.value
                    == payments.map(\.id).sorted { $0.uuidString < $1.uuidString })
            let days = try await byDay.values
            #expect(days.map(\.first) == Set(payments.map(\.day)).sorted())
            #expect(days.allSatisfy { $0.second == 100 })
            let pages = try await byPage.values.map(\.first)
            #expect(Set(pages) == Set(payments.map(\.page)))
            #expect(try await found.value == [payments[0].day])
            let start = Date(timeIntervalSince1970: 1_796_000_000.5)
            let moved = try await cluster.remotely { remote in
                later(remote.call(later, start, 60), by: remote.call(seconds, 1))
            }
            #expect(try await moved.value == start + 61)
            let amount = Decimal(string: "12345678901234567890.0123456789")!
            let twice = try await cluster.remotely { remote in
                doubled(remote.call(doubled, amount))
            }
            #expect(try await twice.value == amount * 4)
        }
    }

    @Test(arguments: plainClusters)
    func `they are columns of tables, whose files are named by URLs`(
        cluster: String
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swoop \(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let payments = payments
        let file = folder.appending(path: "payments.csv")
        let odd = folder.appending(path: "odd.csv")
        try Data(
            """
            id,day,amount,page,refunded
            E621E1F8-C36C-495A-93FC-0C247A3E6E5F,2026-11-30,1e2,http://a.org/,
            E621E1F8-C36C-495A-93FC-0C247A3E6E5F,2026-11-30T02:20:00+01:00,-.5,http://a.org/,
            E621E1F8,2026-11-30,1,http://a.org/,
            E621E1F8-C36C-495A-93FC-0C247A3E6E5F,30.11.2026,1,http://a.org/,
            E621E1F8-C36C-495A-93FC-0C247A3E6E5F,2026-11-30,1x,http://a.org/,

            """.utf8
        ).write(to: odd)
        try await withPlainCluster(cluster) { cluster in
            let files = try await cluster.remotely { remote in
                remote.array(payments).saved(asCSV: file, parts: .one)
            }
            #expect(try await files.values.map(\.path) == [file.path(percentEncoded: false)])
            let (read, lines, some, bad) = try await cluster.remotely { remote in
                let table = remote.csv(odd, as: Payment.self, badRows: .leftOut)
                return (
                    remote.csv(file, as: Payment.self).stored(), remote.lines([file]).count,
                    table.stored(), table.badRows()
                )
            }
            #expect(try await read.values == payments)
            #expect(try await lines.value == payments.count + 1)
            let rows = try await some.values
            #expect(rows.map(\.amount) == [100, Decimal(string: "-0.5")!])
            #expect(rows.map(\.day.timeIntervalSince1970) == [1_795_996_800, 1_796_001_600])
            #expect(try await bad.value.count == 3)
            let error = await #expect(throws: SwoopError.self) {
                let web = URL(string: "https://example.org/a.txt")!
                _ = try await cluster.remotely { $0.lines(web).count }
            }
            #expect(error?.message.contains("https://example.org/a.txt names no file") == true)
        }
    }
}

@Remote private func seconds(_ count: Int) -> Double { Double(count) }
