// What `swoop doctor` found, as text and as JSON.

package import SwoopHosts
import SwoopModel

/// Findings for people.
package enum FindingLines {
    /// A heading for each machine and below it a line for each finding; advice stands under its
    /// finding.
    package static func text(of all: [Examination], bold: Bool) -> String {
        let width = all.flatMap(\.findings).map(\.check.count).max() ?? 0
        var text = ""
        for examination in all {
            let name = PrintableText.lines(examination.host ?? "this machine")
            text += bold ? "\u{1B}[1m\(name)\u{1B}[0m\n" : "\(name)\n"
            for finding in examination.findings {
                let state = padded(finding.state.rawValue, to: 7)
                let check = padded(finding.check, to: width)
                text += "  \(state)  \(check)  \(PrintableText.lines(finding.found))\n"
                guard !finding.advice.isEmpty else { continue }
                let indent = String(repeating: " ", count: 13 + width)
                text += "\(indent)\(PrintableText.lines(finding.advice))\n"
            }
        }
        return text
    }

    /// How many faults and warnings there are.
    package static func summary(of all: [Examination]) -> String {
        let states = all.flatMap(\.findings).map(\.state)
        let faults = states.count { $0 == .fault }
        let warnings = states.count { $0 == .warning }
        if faults + warnings == 0 { return "all is fine" }
        return Quantities.count(faults, "fault") + ", " + Quantities.count(warnings, "warning")
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// What was found on a machine, as JSON; `host` is left out for this machine.
struct ExaminationJSON: Encodable {
    /// One finding; `advice` is left out where there is none.
    struct FindingJSON: Encodable {
        var check: String
        var state: String
        var found: String
        var advice: String?
    }

    var host: String?
    var findings: [FindingJSON]

    init(_ examination: Examination) {
        host = examination.host
        findings = examination.findings.map {
            FindingJSON(
                check: $0.check, state: $0.state.rawValue, found: $0.found,
                advice: $0.advice.isEmpty ? nil : $0.advice)
        }
    }
}
