//! The indicators. Read it as a table.

use super::Measure::{self, *};
use crate::db::code_enum;

code_enum! {
    /// What figures are filtered by and broken down by.
    Axis in "statistics-dimensions" {
        Center "center" "服务中心（下级各中心与本级）",
        Level "level" "中心层级",
        Item "item" "事项",
        Channel "channel" "渠道",
        Mode "mode" "帮办方式",
        Department "department" "部门",
    }
}

code_enum! {
    /// Which way a figure should go.
    Better in "indicator-directions" {
        Higher "higher" "越高越好",
        Lower "lower" "越低越好",
        Neutral "neutral" "不作评价",
    }
}

code_enum! {
    /// A figure.
    Indicator in "indicators" {
        ReceivedMatters "received_matters" "收件量",
        ReceivedItems "received_items" "收件涉及事项数",
        SplitOffMatters "split_off_matters" "拆分件数",
        AcceptedMatters "accepted_matters" "受理量",
        CompletedMatters "completed_matters" "办结量",
        CompletedItems "completed_items" "办结涉及事项数",
        GrantedMatters "granted_matters" "准予办结量",
        AuthorityRefused "authority_refused" "部门不予许可或不予受理量",
        TerminatedMatters "terminated_matters" "终止量",
        WithdrawnMatters "withdrawn_matters" "撤回量",
        LapsedMatters "lapsed_matters" "逾期未补正量",
        RejectedMatters "rejected_matters" "不予受理量",
        OnTimeRate "on_time_rate" "按时办结率",
        OverdueMatters "overdue_matters" "超期未办结量",
        AcceptOnTimeRate "accept_on_time_rate" "受理及时率",
        WorkUnits "work_units" "协同工作量",
        SatisfactionRate "satisfaction_rate" "满意率",
        ParticipationRate "participation_rate" "评价参与率",
        BadRatings "bad_ratings" "差评量",
        DefaultRatings "default_ratings" "默认评价量",
        PlatformSatisfactionRate "platform_satisfaction_rate" "平台满意率",
        StaffSatisfactionRate "staff_satisfaction_rate" "人员满意率",
        TicketRequests "ticket_requests" "“办不成事”反映人次",
        TicketsRegistered "tickets_registered" "“办不成事”登记量",
        TicketsMerged "tickets_merged" "登记后合并量",
        TicketsInadmissible "tickets_inadmissible" "登记后不予受理量",
        TicketsWithdrawn "tickets_withdrawn" "登记后撤回量",
        TicketsUpheld "tickets_upheld" "登记后挂账量",
        TicketsCleared "tickets_cleared" "销号量",
        ClearanceRate "clearance_rate" "销号率",
        FirstTimeRate "first_time_rate" "首次解决率",
        ResponseRate "response_rate" "回应率",
        ResolutionRate "resolution_rate" "反馈满意率",
        UnreachableCallers "unreachable_callers" "联系未果人次",
        SheetOnTimeRate "sheet_on_time_rate" "交办按时办复率",
        OverdueSheets "overdue_sheets" "超期未办复交办单",
        ConsultationsReceived "consultations_received" "咨询量",
        ConsultationsAnswered "consultations_answered" "咨询答复量",
        ConsultationsHandedOver "consultations_handed_over" "咨询转办件量",
        ConsultationOnTimeRate "consultation_on_time_rate" "咨询按时答复率",
        OverdueConsultations "overdue_consultations" "超期未答复咨询",
        AcceptHours "accept_hours" "平均首次受理用时",
        ReturnRate "return_rate" "转办退回率",
        HandOversPerMatter "hand_overs_per_matter" "件均转办次数",
        FollowUpContactRate "follow_up_contact_rate" "差评核实及时率",
        FollowUpOnTimeRate "follow_up_on_time_rate" "差评整改及时率",
        FollowUpVerifiedRate "follow_up_verified_rate" "差评核实率",
        FollowUpClosedRate "follow_up_closed_rate" "差评整改办结率",
        TrainingHours "training_hours" "培训学时",
        CoursesPassed "courses_passed" "培训合格人次",
        CoursePassRate "course_pass_rate" "培训合格率",
        HotlineOrders "hotline_orders" "热线工单接收量",
        HotlineReplies "hotline_replies" "热线工单办结回复量",
        HotlineOnTimeRate "hotline_on_time_rate" "热线工单按时办结率",
        HotlineOverdue "hotline_overdue" "超期未办结热线工单",
        HotlineResponseRate "hotline_response_rate" "热线工单响应率",
        HotlineResolutionRate "hotline_resolution_rate" "热线工单解决率",
        HotlineFirstResolutionRate "hotline_first_resolution_rate" "热线工单首次解决率",
        HotlineSatisfactionRate "hotline_satisfaction_rate" "热线工单满意率",
        HotlineUnreachable "hotline_unreachable" "热线回访未联系上",
    }
}

/// A part of a numerator or denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// What happened in the period.
    Plus(Measure),
    /// The same, taken away.
    Less(Measure),
    /// What stands at the end of the period's last whole day: everything begun until then without what had ended.
    Standing(Measure, Measure),
}

/// What an indicator is.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// In words, what is counted and what is not.
    pub definition: &'static str,
    /// In words.
    pub numerator: &'static str,
    /// In words; none where it is no rate.
    pub denominator: Option<&'static str>,
    /// 件, 人次, % …
    pub unit: &'static str,
    /// Which way it should go.
    pub better: Better,
    /// The rule it follows.
    pub source: &'static str,
    /// Above the line.
    pub over: &'static [Term],
    /// Below the line; empty where it is no rate.
    pub under: &'static [Term],
    /// What one above the line for one below it comes to: 100 where it is told in percent.
    pub scale: f64,
    /// What it can be asked by, beside center, level and period.
    pub knows: &'static [Axis],
    /// What is always told beside it.
    pub beside: &'static [Indicator],
}

/// What is published for everybody.
pub const PUBLIC: &[Indicator] = &[
    Indicator::ReceivedMatters,
    Indicator::CompletedMatters,
    Indicator::OnTimeRate,
    Indicator::SatisfactionRate,
    Indicator::ParticipationRate,
    Indicator::TicketsRegistered,
    Indicator::ClearanceRate,
];

const MATTER: &[Axis] = &[Axis::Item, Axis::Channel, Axis::Mode, Axis::Department];
/// Evaluations of matters, tickets and occasions.
const RATED: &[Axis] = MATTER;
const TICKET: &[Axis] = &[Axis::Item, Axis::Channel, Axis::Department];
const COUNTING: &str = "接力计数口径：一件全市只计一次";
const RATING: &str = "政务服务“好差评”";
const FALLBACK: &str = "“办不成事”反映销号管理";
const ADVICE: &str = "咨询导办：按次计";
/// Consultations know no mode and no department.
const ADVISED: &[Axis] = &[Axis::Item, Axis::Channel];
const TRAINING: &str = "代办帮办队伍培训";
const HOTLINE: &str = "12345 热线三率考核";
const ORDER: &[Axis] = &[Axis::Department];
/// Courses know no item, channel or department.
const COURSE: &[Axis] = &[];

use Better::{Higher, Lower, Neutral};
use Term::{Less, Plus, Standing};

const fn count(
    definition: &'static str,
    unit: &'static str,
    better: Better,
    source: &'static str,
    over: &'static [Term],
    knows: &'static [Axis],
) -> Definition {
    Definition { definition, numerator: definition, denominator: None, unit, better, source, over, under: &[], scale: 1.0, knows, beside: &[] }
}

/// Words and terms of a fraction.
struct Fraction {
    words: [&'static str; 2],
    over: &'static [Term],
    under: &'static [Term],
}

const fn rate(definition: &'static str, source: &'static str, of: Fraction, knows: &'static [Axis], beside: &'static [Indicator]) -> Definition {
    let [numerator, denominator] = of.words;
    Definition {
        definition,
        numerator,
        denominator: Some(denominator),
        unit: "%",
        better: Higher,
        source,
        over: of.over,
        under: of.under,
        scale: 100.0,
        knows,
        beside,
    }
}

/// A mean: so much of a unit for each. The fewer the better.
const fn mean(definition: &'static str, (unit, scale): (&'static str, f64), source: &'static str, of: Fraction, knows: &'static [Axis]) -> Definition {
    Definition { unit, scale, better: Lower, ..rate(definition, source, of, knows, &[]) }
}

/// What was registered without what was merged, confirmed inadmissible or withdrawn; what is upheld stays in.
const TO_CLEAR: &[Term] = &[Plus(TicketsRegistered), Less(TicketsMerged), Less(TicketsInadmissible), Less(TicketsWithdrawn)];
const APART: &[Indicator] = &[Indicator::TerminatedMatters, Indicator::WithdrawnMatters, Indicator::LapsedMatters, Indicator::RejectedMatters];

impl Indicator {
    /// What it is.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub const fn definition(self) -> Definition {
        match self {
            Self::ReceivedMatters => count(
                "期内收到的代办帮办件。计入最先收件的中心；一件事（套餐）计 1 件；拆分出的件不另计；转办、联办不重复计。",
                "件",
                Neutral,
                COUNTING,
                &[Plus(MattersReceived)],
                MATTER,
            ),
            Self::ReceivedItems => {
                count("期内收到的件所含事项数：一件事（套餐）含几个事项计几项，其他计 1 项。", "项", Neutral, COUNTING, &[Plus(ItemsReceived)], MATTER)
            }
            Self::SplitOffMatters => count("期内从其他件拆分出的件；单列，不计入收件量和办结量。", "件", Neutral, COUNTING, &[Plus(MattersSplitOff)], MATTER),
            Self::AcceptedMatters => {
                count("期内由中心受理的件，计入受理时有管辖的中心。中心受理不等于部门受理。", "件", Neutral, COUNTING, &[Plus(MattersAccepted)], MATTER)
            }
            Self::CompletedMatters => count(
                "期内申请人签收办结、且至统计时仍为办结的件，计入最后承办的中心；办而未签收、重新办理的不计。",
                "件",
                Neutral,
                COUNTING,
                &[Plus(MattersCompleted)],
                MATTER,
            ),
            Self::CompletedItems => count("期内办结的件所含事项数。", "项", Neutral, COUNTING, &[Plus(ItemsCompleted)], MATTER),
            Self::GrantedMatters => {
                count("期内办结的件中，结果为准予或部分准予的。", "件", Neutral, COUNTING, &[Plus(CompletedGranted), Plus(CompletedPartly)], MATTER)
            }
            Self::AuthorityRefused => {
                count("期内办结的件中，审批部门不予许可或不予受理的。", "件", Neutral, COUNTING, &[Plus(CompletedRefused), Plus(CompletedNotAccepted)], MATTER)
            }
            Self::TerminatedMatters => count("期内终止的件；单列，不计入按时办结率。", "件", Neutral, COUNTING, &[Plus(MattersTerminated)], MATTER),
            Self::WithdrawnMatters => count("期内申请人撤回的件；单列，不计入按时办结率。", "件", Neutral, COUNTING, &[Plus(MattersWithdrawn)], MATTER),
            Self::LapsedMatters => count("期内逾期未补正而失效的件；单列，不计入按时办结率。", "件", Neutral, COUNTING, &[Plus(MattersLapsed)], MATTER),
            Self::RejectedMatters => count("期内中心不予受理的件；单列，不计入按时办结率。", "件", Neutral, COUNTING, &[Plus(MattersRejected)], MATTER),
            Self::OnTimeRate => rate(
                "承诺时限内办结的件，占期内办结的件与期末在办且已超期的件之和；没有承诺时限的件不计；终止、撤回、失效、不予受理的单列。计入最后（目前）承办的中心。期末取期内最后一个完整日的 24 时。",
                COUNTING,
                Fraction {
                    words: ["期内办结、停止计时不晚于承诺期限的件", "期内办结而停止计时的件，加期末在办且已超期的件"],
                    over: &[Plus(PromiseKept)],
                    under: &[Plus(PromiseKept), Plus(PromiseMissed), Standing(PromiseOverdueBegun, PromiseOverdueEnded)],
                },
                MATTER,
                APART,
            ),
            Self::OverdueMatters => count(
                "期末在办且已超过承诺时限的件。期末取期内最后一个完整日的 24 时。",
                "件",
                Lower,
                COUNTING,
                &[Standing(PromiseOverdueBegun, PromiseOverdueEnded)],
                MATTER,
            ),
            Self::AcceptOnTimeRate => rate(
                "受理时限内答复（受理、一次性告知或不予受理）的次数，占期内答复的次数与期末已超期未答复的次数之和；申请人撤回的不计。",
                COUNTING,
                Fraction {
                    words: ["期内答复、不晚于受理时限的次数", "期内答复的次数，加期末已超期未答复的次数"],
                    over: &[Plus(AcceptKept)],
                    under: &[Plus(AcceptKept), Plus(AcceptMissed), Standing(AcceptOverdueBegun, AcceptOverdueEnded)],
                },
                MATTER,
                &[],
            ),
            Self::WorkUnits => {
                count("期内完成的联办（联办腿），计入协办的中心；只计工作量，不计入件数。", "个", Neutral, COUNTING, &[Plus(Measure::WorkUnits)], MATTER)
            }
            Self::SatisfactionRate => rate(
                "对代办帮办件、“办不成事”反映、现场和电话服务的评价中，非常满意、满意、基本满意的主动评价占全部主动评价；系统默认评价不计；经申诉认定误评、恶意差评的不计；二次评价不替代首次评价；只计入被评价的中心。与参与率一并公布。",
                RATING,
                Fraction {
                    words: ["期内非常满意、满意、基本满意的主动评价", "期内主动评价"],
                    over: &[Plus(VerySatisfied), Plus(Satisfied), Plus(BasicallySatisfied)],
                    under: &[Plus(VerySatisfied), Plus(Satisfied), Plus(BasicallySatisfied), Plus(Dissatisfied), Plus(VeryDissatisfied)],
                },
                MATTER,
                &[Self::ParticipationRate, Self::DefaultRatings],
            ),
            Self::ParticipationRate => rate(
                "期内邀请评价的件（代办帮办件、“办不成事”反映、现场和电话服务）中，申请人已主动评价的；系统默认评价不算参与；经申诉剔除的评价，分子分母均不计。",
                RATING,
                Fraction {
                    words: ["期内邀请评价、已主动评价的件", "期内邀请评价的件"],
                    over: &[Plus(EvaluationsAnswered)],
                    under: &[Plus(EvaluationsInvited)],
                },
                MATTER,
                &[],
            ),
            Self::BadRatings => count("期内不满意、非常不满意的主动评价。", "个", Lower, RATING, &[Plus(Dissatisfied), Plus(VeryDissatisfied)], MATTER),
            Self::DefaultRatings => count("期内系统默认评价；不计入满意率。", "个", Neutral, RATING, &[Plus(Measure::DefaultRatings)], MATTER),
            Self::PlatformSatisfactionRate => rate(
                "评价中单独评价平台的，非常满意、满意、基本满意占全部；等级只计入所评的对象，不计入机构的满意率。",
                RATING,
                Fraction {
                    words: ["期内对平台非常满意、满意、基本满意的主动评价", "期内对平台的主动评价"],
                    over: &[Plus(PlatformGood)],
                    under: &[Plus(PlatformGood), Plus(PlatformBad)],
                },
                RATED,
                &[Self::ParticipationRate],
            ),
            Self::StaffSatisfactionRate => rate(
                "评价中单独评价工作人员的，非常满意、满意、基本满意占全部；等级只计入所评的对象，不计入机构的满意率。",
                RATING,
                Fraction {
                    words: ["期内对人员非常满意、满意、基本满意的主动评价", "期内对人员的主动评价"],
                    over: &[Plus(StaffGood)],
                    under: &[Plus(StaffGood), Plus(StaffBad)],
                },
                RATED,
                &[Self::ParticipationRate],
            ),
            Self::HotlineOrders => count("期内接收的热线工单；并单、撤单的也计入。", "件", Neutral, HOTLINE, &[Plus(HotlineReceived)], ORDER),
            Self::HotlineReplies => count("期内办结回复的热线工单；重办的每轮各计一次。", "件次", Neutral, HOTLINE, &[Plus(HotlineReplied)], ORDER),
            Self::HotlineOnTimeRate => rate(
                "办理时限内办结回复的，占期内办结回复的和期末已超期未办结的；重办的每轮各为一个时限。",
                HOTLINE,
                Fraction {
                    words: ["时限内办结回复的件次", "期内办结回复的件次，加上期末已超期未办结的"],
                    over: &[Plus(HotlineKept)],
                    under: &[Plus(HotlineKept), Plus(HotlineMissed), Standing(HotlineOverdueBegun, HotlineOverdueEnded)],
                },
                ORDER,
                &[Self::HotlineOverdue],
            ),
            Self::HotlineOverdue => {
                count("期末已超过办理时限、尚未办结回复的热线工单。", "件", Lower, HOTLINE, &[Standing(HotlineOverdueBegun, HotlineOverdueEnded)], ORDER)
            }
            Self::HotlineResponseRate => rate(
                "承办单位联系过诉求人的，占计入考核的回访工单；以现轮回访为准，联系不上诉求人的单列，经批准剔除的不计。",
                HOTLINE,
                Fraction { words: ["已响应的工单", "计入考核的回访工单"], over: &[Plus(HotlineResponded)], under: &[Plus(HotlineAssessed)] },
                ORDER,
                &[Self::HotlineUnreachable],
            ),
            Self::HotlineResolutionRate => rate(
                "回访已解决的，占已解决与未解决之和；以现轮回访为准（最终解决率），联系不上的单列，经批准剔除的不计。",
                HOTLINE,
                Fraction {
                    words: ["回访已解决的工单", "回访已解决和未解决的工单"],
                    over: &[Plus(HotlineResolved)],
                    under: &[Plus(HotlineResolved), Plus(HotlineUnresolved)],
                },
                ORDER,
                &[Self::HotlineFirstResolutionRate, Self::HotlineUnreachable],
            ),
            Self::HotlineFirstResolutionRate => rate(
                "首次回访即已解决的，分母与解决率相同；重办为新的一轮。",
                HOTLINE,
                Fraction {
                    words: ["首次回访即已解决的工单", "回访已解决和未解决的工单"],
                    over: &[Plus(HotlineFirstResolved)],
                    under: &[Plus(HotlineResolved), Plus(HotlineUnresolved)],
                },
                ORDER,
                &[Self::HotlineResolutionRate],
            ),
            Self::HotlineSatisfactionRate => rate(
                "对承办单位满意的（前三个等级），占满意与不满意之和；联系不上的单列，经批准剔除的不计。",
                HOTLINE,
                Fraction {
                    words: ["对承办单位满意的工单", "对承办单位满意和不满意的工单"],
                    over: &[Plus(HotlineSatisfied)],
                    under: &[Plus(HotlineSatisfied), Plus(HotlineDissatisfied)],
                },
                ORDER,
                &[Self::HotlineUnreachable],
            ),
            Self::HotlineUnreachable => {
                count("热线回访未联系上诉求人的工单；经批准剔除的不计。", "件", Lower, HOTLINE, &[Plus(Measure::HotlineUnreachable)], ORDER)
            }
            Self::TicketRequests => count(
                "期内反映“办不成事”的人次：合并的，每位反映人各计一次，计入其最初登记处。",
                "人次",
                Neutral,
                FALLBACK,
                &[Plus(Measure::TicketRequests)],
                TICKET,
            ),
            Self::TicketsRegistered => count("期内登记的反映。", "件", Neutral, FALLBACK, &[Plus(Measure::TicketsRegistered)], TICKET),
            Self::TicketsMerged => count("期内登记、现已合并到其他反映的；办理只计一次。", "件", Neutral, FALLBACK, &[Plus(Measure::TicketsMerged)], TICKET),
            Self::TicketsInadmissible => count("期内登记、现已确认不予受理的。", "件", Neutral, FALLBACK, &[Plus(Measure::TicketsInadmissible)], TICKET),
            Self::TicketsWithdrawn => count("期内登记、现已撤回的。", "件", Neutral, FALLBACK, &[Plus(Measure::TicketsWithdrawn)], TICKET),
            Self::TicketsUpheld => {
                count("期内登记、现为挂账的；挂账不算销号，留在销号率的分母中。", "件", Lower, FALLBACK, &[Plus(Measure::TicketsUpheld)], TICKET)
            }
            Self::TicketsCleared => {
                count("期内销号、且至统计时仍为销号的反映；销号后重新办理的不计。", "件", Neutral, FALLBACK, &[Plus(Measure::TicketsCleared)], TICKET)
            }
            Self::ClearanceRate => rate(
                "期内登记的反映中现已销号的，占登记数减去合并、确认不予受理、撤回的；挂账留在分母中。与销号清单同一口径。",
                FALLBACK,
                Fraction {
                    words: ["期内登记、现已销号的反映", "期内登记的反映，减去已合并、确认不予受理、撤回的"],
                    over: &[Plus(TicketsStruck)],
                    under: TO_CLEAR,
                },
                TICKET,
                &[Self::TicketsUpheld],
            ),
            Self::FirstTimeRate => rate(
                "期内登记的反映中第一轮办理即销号的，分母与销号率相同；重新办理为新的一轮，销号率为最终解决率。",
                FALLBACK,
                Fraction {
                    words: ["期内登记、第一轮即销号的反映", "期内登记的反映，减去已合并、确认不予受理、撤回的"],
                    over: &[Plus(TicketsStruckFirst)],
                    under: TO_CLEAR,
                },
                TICKET,
                &[Self::ClearanceRate],
            ),
            Self::ResponseRate => rate(
                "征求反馈时联系上的，占全部征求；每位反映人每轮计一次，合并的每位都问。",
                FALLBACK,
                Fraction {
                    words: ["联系上（满意或不满意）的人次", "征求反馈的人次"],
                    over: &[Plus(AskedSatisfied), Plus(AskedDissatisfied)],
                    under: &[Plus(AskedSatisfied), Plus(AskedDissatisfied), Plus(AskedUnreachable)],
                },
                TICKET,
                &[],
            ),
            Self::ResolutionRate => rate(
                "反馈满意的占满意与不满意之和；联系未果的单列。",
                FALLBACK,
                Fraction {
                    words: ["反馈满意的人次", "反馈满意与不满意的人次"],
                    over: &[Plus(AskedSatisfied)],
                    under: &[Plus(AskedSatisfied), Plus(AskedDissatisfied)],
                },
                TICKET,
                &[Self::UnreachableCallers],
            ),
            Self::UnreachableCallers => count("征求反馈时始终联系未果的人次（每轮计一次）。", "人次", Lower, FALLBACK, &[Plus(AskedUnreachable)], TICKET),
            Self::SheetOnTimeRate => rate(
                "交办时限内办复的交办单，占期内办复的与期末已超期未办复的之和；退回、撤销的不计。计入反映所在中心和承办部门。",
                FALLBACK,
                Fraction {
                    words: ["期内办复、不晚于交办时限的交办单", "期内办复的交办单，加期末已超期未办复的"],
                    over: &[Plus(SheetKept)],
                    under: &[Plus(SheetKept), Plus(SheetMissed), Standing(SheetOverdueBegun, SheetOverdueEnded)],
                },
                TICKET,
                &[],
            ),
            Self::OverdueSheets => count(
                "期末已超期未办复的交办单。期末取期内最后一个完整日的 24 时。",
                "张",
                Lower,
                FALLBACK,
                &[Standing(SheetOverdueBegun, SheetOverdueEnded)],
                TICKET,
            ),
            Self::ConsultationsReceived => count(
                "期内收到的咨询，按次计；再次咨询、转办不另计。计入最先收到的中心。",
                "次",
                Neutral,
                ADVICE,
                &[Plus(Measure::ConsultationsReceived)],
                ADVISED,
            ),
            Self::ConsultationsAnswered => {
                count("期内答复的咨询；再次咨询的按最后一次答复计。计入答复的中心。", "次", Higher, ADVICE, &[Plus(Measure::ConsultationsAnswered)], ADVISED)
            }
            Self::ConsultationsHandedOver => {
                count("期内转为代办帮办件或“办不成事”反映的咨询。计入转出时负责答复的中心。", "次", Neutral, ADVICE, &[Plus(ConsultationsTurned)], ADVISED)
            }
            Self::ConsultationOnTimeRate => rate(
                "咨询答复时限内答复（或转为办件）的咨询，占期内答复的与期末已超期未答复的之和；撤回的不计。",
                ADVICE,
                Fraction {
                    words: ["期内答复、不晚于答复时限的咨询", "期内答复的咨询，加期末已超期未答复的"],
                    over: &[Plus(ConsultationKept)],
                    under: &[Plus(ConsultationKept), Plus(ConsultationMissed), Standing(ConsultationOverdueBegun, ConsultationOverdueEnded)],
                },
                ADVISED,
                &[],
            ),
            Self::OverdueConsultations => count(
                "期末已超期未答复的咨询。期末取期内最后一个完整日的 24 时。",
                "次",
                Lower,
                ADVICE,
                &[Standing(ConsultationOverdueBegun, ConsultationOverdueEnded)],
                ADVISED,
            ),
            Self::AcceptHours => mean(
                "期内受理的件，从收件到受理平均用时，按自然小时计（分子为分钟数之和）；拆分出的件不另计。计入受理时有管辖的中心。",
                ("小时", 1.0 / 60.0),
                COUNTING,
                Fraction {
                    words: ["期内受理的件从收件到受理的分钟数之和", "期内受理的件"], over: &[Plus(AcceptMinutes)], under: &[Plus(AcceptTimed)]
                },
                MATTER,
            ),
            Self::ReturnRate => mean(
                "期内发出的转办中被接收方退回的；计入发出转办的中心，按发出之日计；撤回、逾期未答复的不算退回。",
                ("%", 100.0),
                COUNTING,
                Fraction {
                    words: ["期内发出、被退回的转办", "期内发出的转办"], over: &[Plus(TransfersReturned)], under: &[Plus(TransfersOffered)]
                },
                MATTER,
            ),
            Self::HandOversPerMatter => mean(
                "期内办结的件，平均每件转办、指定办理的次数；联办不计。计入最后承办的中心。",
                ("次/件", 1.0),
                COUNTING,
                Fraction {
                    words: ["期内办结的件的转办、指定办理次数之和", "期内办结的件"],
                    over: &[Plus(CompletedHandOvers)],
                    under: &[Plus(MattersCompleted)],
                },
                MATTER,
            ),
            Self::FollowUpContactRate => rate(
                "差评联系核实时限内核实的，占期内核实的与期末已超期未核实的之和；申诉成立的不计。计入被评价的中心。",
                RATING,
                Fraction {
                    words: ["期内核实、不晚于时限的差评", "期内核实的差评，加期末已超期未核实的"],
                    over: &[Plus(ContactKept)],
                    under: &[Plus(ContactKept), Plus(ContactMissed), Standing(ContactOverdueBegun, ContactOverdueEnded)],
                },
                MATTER,
                &[Self::FollowUpVerifiedRate],
            ),
            Self::FollowUpOnTimeRate => rate(
                "差评整改时限内整改或者说明并反馈的，占期内处理的与期末已超期未处理的之和；申诉成立的不计。",
                RATING,
                Fraction {
                    words: ["期内处理、不晚于整改时限的差评", "期内处理的差评，加期末已超期未处理的"],
                    over: &[Plus(FollowUpKept)],
                    under: &[Plus(FollowUpKept), Plus(FollowUpMissed), Standing(FollowUpOverdueBegun, FollowUpOverdueEnded)],
                },
                MATTER,
                &[Self::FollowUpClosedRate],
            ),
            Self::FollowUpVerifiedRate => rate(
                "期内产生的差评中，现已登记核实结果（属实、不属实、无法核实）的；申诉成立的不计。",
                RATING,
                Fraction {
                    words: ["期内产生、现已核实的差评", "期内产生的差评"], over: &[Plus(FollowUpsVerified)], under: &[Plus(FollowUpsOpened)]
                },
                MATTER,
                &[],
            ),
            Self::FollowUpClosedRate => rate(
                "期内产生的差评中，现已办结的；申诉成立的不计。",
                RATING,
                Fraction {
                    words: ["期内产生、现已办结的差评", "期内产生的差评"], over: &[Plus(FollowUpsClosed)], under: &[Plus(FollowUpsOpened)]
                },
                MATTER,
                &[],
            ),
            Self::TrainingHours => count(
                "期内结束的培训，合格人员的学时之和；计入举办的中心；对个人，为本人合格的学时。",
                "学时",
                Higher,
                TRAINING,
                &[Plus(Measure::TrainingHours)],
                COURSE,
            ),
            Self::CoursesPassed => count("期内结束的培训中考核合格的人次；计入举办的中心。", "人次", Higher, TRAINING, &[Plus(Measure::CoursesPassed)], COURSE),
            Self::CoursePassRate => rate(
                "期内结束的培训中考核合格的，占合格、不合格与缺席之和；只报名的不计。",
                TRAINING,
                Fraction {
                    words: ["考核合格的人次", "合格、不合格、缺席的人次"], over: &[Plus(Measure::CoursesPassed)], under: &[Plus(CoursesTaken)]
                },
                COURSE,
                &[],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code as _;

    #[test]
    fn every_indicator_is_defined() {
        for indicator in Indicator::ALL {
            let d = indicator.definition();
            assert!(!d.definition.is_empty() && !d.over.is_empty() && !d.unit.is_empty(), "{indicator:?}");
            assert_eq!(d.denominator.is_some(), !d.under.is_empty(), "{indicator:?}: a rate has both, a count has none");
            assert!(d.unit != "%" || d.denominator.is_some(), "{indicator:?}: percent of something");
            assert!(d.scale > 0.0 && (d.unit == "%") == (d.scale > 99.0), "{indicator:?}");
        }
    }
}
