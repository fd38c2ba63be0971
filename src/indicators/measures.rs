//! What single records contribute to the figures. A number once given keeps its meaning: it is stored.

macro_rules! measures {
    ($($name:ident = $id:literal $label:literal),+ $(,)?) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Measure { $( #[doc = $label] $name ),+ }

        impl Measure {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$name ),+ ];

            /// As it is stored.
            pub const fn id(self) -> i32 {
                match self { $( Self::$name => $id ),+ }
            }

            /// In Chinese.
            pub const fn label(self) -> &'static str {
                match self { $( Self::$name => $label ),+ }
            }
        }
    };
}

measures! {
    MattersReceived = 1 "收件",
    ItemsReceived = 2 "收件涉及事项",
    MattersSplitOff = 3 "拆分件",
    MattersAccepted = 4 "受理",
    MattersCompleted = 5 "办结（已签收）",
    ItemsCompleted = 6 "办结涉及事项",
    CompletedGranted = 7 "办结：准予",
    CompletedPartly = 8 "办结：部分准予",
    CompletedRefused = 9 "办结：部门不予许可",
    CompletedNotAccepted = 10 "办结：部门不予受理",
    MattersTerminated = 11 "终止",
    MattersWithdrawn = 12 "撤回",
    MattersLapsed = 13 "逾期未补正",
    MattersRejected = 14 "中心不予受理",
    PromiseKept = 20 "承诺时限内办结",
    PromiseMissed = 21 "超过承诺时限办结",
    PromiseOverdueBegun = 22 "承诺时限届满未办结",
    PromiseOverdueEnded = 23 "届满后停止计时",
    AcceptKept = 24 "受理时限内答复",
    AcceptMissed = 25 "超过受理时限答复",
    AcceptOverdueBegun = 26 "受理时限届满未答复",
    AcceptOverdueEnded = 27 "届满后答复",
    WorkUnits = 30 "完成的联办",
    EvaluationsInvited = 40 "邀请评价",
    EvaluationsAnswered = 41 "邀请评价中已主动评价",
    VerySatisfied = 42 "非常满意",
    Satisfied = 43 "满意",
    BasicallySatisfied = 44 "基本满意",
    Dissatisfied = 45 "不满意",
    VeryDissatisfied = 46 "非常不满意",
    DefaultRatings = 47 "系统默认评价",
    PlatformGood = 48 "平台：非常满意、满意、基本满意",
    PlatformBad = 49 "平台：不满意、非常不满意",
    StaffGood = 50 "人员：非常满意、满意、基本满意",
    StaffBad = 51 "人员：不满意、非常不满意",
    ConsultationsReceived = 52 "咨询",
    ConsultationsAnswered = 53 "咨询：已答复",
    ConsultationsTurned = 54 "咨询：转为办件",
    ConsultationKept = 55 "咨询答复时限内答复",
    ConsultationMissed = 56 "超过咨询答复时限答复",
    ConsultationOverdueBegun = 57 "咨询答复时限届满未答复",
    ConsultationOverdueEnded = 58 "届满后答复",
    TicketRequests = 60 "反映人次",
    TicketsRegistered = 61 "登记反映",
    TicketsMerged = 62 "登记后已合并",
    TicketsInadmissible = 63 "登记后确认不予受理",
    TicketsWithdrawn = 64 "登记后已撤回",
    TicketsStruck = 65 "登记后已销号",
    TicketsStruckFirst = 66 "登记后首轮即销号",
    TicketsUpheld = 67 "登记后挂账",
    TicketsCleared = 68 "销号",
    AskedSatisfied = 70 "征求反馈：满意",
    AskedDissatisfied = 71 "征求反馈：不满意",
    AskedUnreachable = 72 "征求反馈：联系未果",
    SheetKept = 80 "交办时限内办复",
    SheetMissed = 81 "超过交办时限办复",
    SheetOverdueBegun = 82 "交办时限届满未办复",
    SheetOverdueEnded = 83 "届满后停止计时",
    AcceptMinutes = 90 "首次受理用时（分钟）",
    AcceptTimed = 91 "计算用时的受理",
    TransfersOffered = 92 "发出转办",
    TransfersReturned = 93 "发出的转办被退回",
    CompletedHandOvers = 94 "办结件的转办、指定办理次数",
    ContactKept = 95 "差评联系核实时限内核实",
    ContactMissed = 96 "超过差评联系核实时限核实",
    ContactOverdueBegun = 97 "差评联系核实时限届满未核实",
    ContactOverdueEnded = 98 "届满后核实",
    FollowUpKept = 99 "差评整改时限内处理",
    FollowUpMissed = 100 "超过差评整改时限处理",
    FollowUpOverdueBegun = 101 "差评整改时限届满未处理",
    FollowUpOverdueEnded = 102 "届满后处理",
    FollowUpsOpened = 103 "差评整改",
    FollowUpsVerified = 104 "差评整改：已核实",
    FollowUpsClosed = 105 "差评整改：已办结",
    TrainingHours = 106 "培训学时",
    CoursesTaken = 107 "参加培训考核",
    CoursesPassed = 108 "培训考核合格",
    HotlineFirstResolved = 112 "热线工单回访：首次办理即解决",
    HotlineUnreachable = 113 "热线工单回访：未联系上",
    HotlineReceived = 114 "接收热线工单",
    HotlineReplied = 115 "热线工单办结回复",
    HotlineKept = 116 "热线工单办理时限内办结回复",
    HotlineMissed = 117 "超过热线工单办理时限办结回复",
    HotlineOverdueBegun = 118 "热线工单办理时限届满未办结回复",
    HotlineOverdueEnded = 119 "届满后停止计时",
    HotlineAssessed = 120 "热线工单回访：计入考核",
    HotlineResponded = 121 "热线工单回访：已响应",
    HotlineResolved = 122 "热线工单回访：已解决",
    HotlineUnresolved = 123 "热线工单回访：未解决",
    HotlineSatisfied = 124 "热线工单回访：满意",
    HotlineDissatisfied = 125 "热线工单回访：不满意",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_leave_the_flows_alone() {
        let mut ids: Vec<i32> = Measure::ALL.iter().map(|m| m.id()).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        assert!(ids.iter().all(|id| (1..1000).contains(id)));
    }
}
