// Under which names functions are learned.

import SwoopModel
import Testing

@Suite struct LearnedNameTests {
    @Test func aFunctionKeepsItsNameInWhicheverCellItIsDeclared() {
        for identity in ["Cell3/In[3]:f(_:Int)->Int", "Cell120/In[9]:f(_:Int)->Int"] {
            #expect(LearnedName.of(identity) == "notebook/cells:f(_:Int)->Int")
        }
        let (module, file) = (LearnedName.module(ofCell: 7), LearnedName.file(ofCell: 8))
        #expect(LearnedName.of("\(module)/\(file):g()->Void") == "notebook/cells:g()->Void")
    }

    @Test func otherFunctionsKeepTheirFile() {
        for identity in [
            "App/main.swift:f(_:Int)->Int", "Cell/In[3]:f()->Void", "Cell3/In.swift:f()->Void",
            "Cell3x/In[3]:f()->Void", "Cell3/In[]:f()->Void", "Cellular/In[3]:f()->Void",
            "exe:range.filter(odd)", "", ":", "/:", "Cell1/In[1]",
        ] {
            #expect(LearnedName.of(identity) == identity)
        }
    }

    @Test func whatNamesakesShareIsBehindTheFile() {
        #expect(LearnedName.signature(of: "App/main.swift:A.f(x:Int)->Int") == "A.f(x:Int)->Int")
        #expect(LearnedName.signature(of: "exe:range.filter(odd)") == "range.filter(odd)")
        #expect(LearnedName.signature(of: "") == nil)
    }

    @Test func aChainIsOfAProgramAndOfNoFile() {
        #expect(LearnedName.isChain("exe:range.filter(odd)"))
        #expect(LearnedName.isChain("exe:lines(a/b:c).count"))
        for identity in ["App/main.swift:A.f(x:Int)->Int", "notebook/cells:f()->Void", "f", ""] {
            #expect(!LearnedName.isChain(identity))
        }
    }
}
